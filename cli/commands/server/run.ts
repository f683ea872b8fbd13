/** `sweep server start|stop|status`. */
import { embeddedElsewhere, embeddedStatus, startEmbedded, stopEmbedded } from '../../../server/embedded.ts';
import type { EmbeddedStatus } from '../../../server/embedded.ts';
import { interruptSignal } from '../../interrupt.ts';
import { say, sayJson } from '../../ui/output.ts';
import { partsDisplay } from '../../ui/parts.ts';

const actions = { start, stop: stopEmbedded, status: embeddedStatus };
export type ServerAction = keyof typeof actions;

export async function server(action: ServerAction, { json }: { json?: boolean }): Promise<void> {
  const status = await actions[action]();
  if (json) sayJson(status);
  else lines(status).forEach(say);
}

async function start(): Promise<EmbeddedStatus> {
  const display = partsDisplay(process.stderr);
  try {
    return await startEmbedded({ signal: interruptSignal(), onProgress: display.onProgress });
  } finally {
    display.close();
  }
}

function lines(status: EmbeddedStatus): string[] {
  const { state, healthy, childPid, address, uiUrl, database, log, reason, restarts = 0 } = status;
  if (state === 'absent' || state === 'stopped')
    return ['The Temporal server does not run. `sweep server start` starts it.'];
  if (state === 'elsewhere') return [`${embeddedElsewhere(status)}.`];
  if (state === 'failed') {
    return [
      `The Temporal server failed again and again and was given up: ${reason ?? 'no reason known'}`,
      `Log  ${log}`,
    ];
  }
  const silent =
    childPid === undefined
      ? 'is being started again'
      : `(process ${childPid}) does not answer: it is starting, stopped or overloaded`;
  const health = healthy ? 'The Temporal server runs.' : `The Temporal server ${silent}.`;
  return [
    state === 'orphaned' ? `${health} Nobody watches over it: \`sweep server start\` puts that right.` : health,
    `Address   ${address ?? ''}`,
    `UI        ${uiUrl ?? ''}`,
    `Database  ${database}`,
    `Log       ${log}`,
    ...(restarts > 0 ? [`Restarts  ${restarts} (last: ${reason ?? ''})`] : []),
  ];
}
