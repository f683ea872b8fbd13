/** `sweep worker`. */
import { UserError } from '../../../core/errors.ts';
import type { BackendKind } from '../../../engine/backends/index.ts';
import { serveRuns, type ReadyWorker, type ServeEvent } from '../../../orchestrate/serve.ts';
import { forgoOutput, jsonText, say as print } from '../../ui/output.ts';
import { showParts } from '../../ui/parts.ts';
import { plural } from '../../ui/text.ts';

export interface WorkerOptions {
  slots?: number;
  backend?: BackendKind;
  runs: string;
  /** False: --no-foreign-code. */
  foreignCode?: boolean;
  background?: boolean;
  new?: boolean;
  json?: boolean;
}

const CHANGED =
  'the code of sweep has changed since this worker was started; its jobs have saved a checkpoint and wait for a worker with the new code: start it again';

const readyLine = ({ runs, slots, backend, queues, address, namespace }: ReadyWorker): string =>
  `Worker of ${runs}: ${plural(slots, 'slot')}, ${backend}, queues ${queues.join(' and ')} at ${address} (${namespace})`;

export async function work(
  { background = false, json = false, new: make = false, ...options }: WorkerOptions,
  signal: AbortSignal,
): Promise<void> {
  if (background) forgoOutput();
  const say = (event: string, line: string, facts: object = {}) =>
    print(json ? jsonText({ event, ...facts }) : background ? `${new Date().toISOString()} ${line}` : line);
  const show = showParts();
  function onEvent(event: ServeEvent): void {
    if (event.kind === 'warning') say('warning', `warning: ${event.message}`, { message: event.message });
    else if (event.kind === 'ready') say('ready', readyLine(event.worker), event.worker);
    else if (event.kind === 'stopping')
      say('stopping', 'Stopping: trials in training save a checkpoint first. ^C again ends at once.');
    else show(event);
  }
  const end = await serveRuns({ ...options, make, background, signal, onEvent });
  // One in the background is started again, with the new code.
  if (end.kind === 'code-changed') throw new UserError(CHANGED);
  if (end.kind === 'folder-gone' && !background) throw new UserError(end.what);
  const line =
    end.kind === 'folder-gone'
      ? `${end.what}${end.before ? ': ended' : ''}.`
      : signal.aborted
        ? 'Stopped.'
        : 'Nothing has been left to do for a while: ended.';
  say('end', line, { stopped: signal.aborted && !(end.kind === 'folder-gone' && end.before) });
}
