/** `sweep doctor`. */
import { UserError } from '../../../core/errors.ts';
import { connect, isServerExpected } from '../../../server/connection.ts';
import { embeddedStatus } from '../../../server/embedded.ts';
import { inspectParts } from '../../../setup/inspect.ts';
import type { Part } from '../../../setup/inspect.ts';
import { say, sayJson } from '../../ui/output.ts';
import { styleOf } from '../../ui/style.ts';
import type { Style } from '../../ui/style.ts';
import { table } from '../../ui/table.ts';
import { clean } from '../../ui/text.ts';

export interface DoctorOptions {
  runs: string;
  json?: boolean;
}

export async function doctor({ runs, json }: DoctorOptions): Promise<void> {
  const [parts, server] = await Promise.all([inspectParts(runs), inspectServer()]);
  const all = [...parts, server].map((part) => needed(part, server));
  if (json) sayJson(all);
  else lines(all, styleOf(process.stdout)).forEach(say);
  if (all.some(({ status }) => status === 'missing')) process.exitCode = 1;
}

/** Whoever has a server of their own needs no program to start one. */
function needed(part: Part, server: Part): Part {
  return part.name === 'Temporal program' && part.status === 'missing' && server.status === 'ok'
    ? { ...part, status: 'optional' }
    : part;
}

/** In milliseconds. */
const ANSWER_MS = 5000;

async function inspectServer(): Promise<Part> {
  const name = 'Temporal server';
  try {
    const { address, uiUrl, source, client } = await connect({ start: false });
    const { serverVersion } = await client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.connection.workflowService.getSystemInfo({}),
    );
    await client.connection.close();
    const origin = { environment: 'chosen by environment or profile', embedded: 'ours', local: 'found running' }[
      source
    ];
    return {
      name,
      status: 'ok',
      version: `${serverVersion}, ${origin}`,
      path: uiUrl ? `${address}, UI ${uiUrl}` : address,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if ((await isServerExpected()) || (await embeddedStatus()).state === 'elsewhere')
      return { name, status: 'missing', hint: error.message };
    return {
      name,
      status: 'optional',
      version: 'not running',
      hint: '`sweep start` and `sweep server start` start it',
    };
  }
}

function lines(parts: readonly Part[], style: Style): string[] {
  const tints = { ok: style.green, missing: style.red, optional: style.yellow };
  return table(
    parts.map(({ name, status, version = '', path = '', origin = '', hint = '' }) => [
      name,
      { text: status, tint: tints[status] },
      [clean(version), path && style.dim(clean(path)), clean(origin), clean(hint)].filter(Boolean).join('  '),
    ]),
  );
}
