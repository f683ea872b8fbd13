/** Looking on while a sweep runs: what `start` and `watch` have in common. */
import type { SweepSnapshot } from '../../core/results.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { hasReport } from '../../orchestrate/status.ts';
import { track } from '../../orchestrate/track.ts';
import type { View } from '../../orchestrate/view.ts';
import { commandOn, nearPath } from '../../store/command.ts';
import type { Store } from '../../store/index.ts';
import { jsonDisplay } from './json.ts';
import { liveDisplay } from './live.ts';
import { say, tell } from './output.ts';
import { plainDisplay } from './plain.ts';
import { styleOf } from './style.ts';
import type { Display, Hint } from './display.ts';

/** Live on a terminal that can move its cursor, else plain lines; JSON if asked. */
export function chooseDisplay(store: Store, { json = false }: { json?: boolean | undefined }): Display {
  if (json) return jsonDisplay(say);
  const hint: Hint = (...command) => commandOn(store, command);
  const style = styleOf(process.stdout);
  return process.stdout.isTTY && process.env['TERM'] !== 'dumb'
    ? liveDisplay(process.stdout, style, { hint })
    : plainDisplay(say, style, hint);
}

export interface FollowRequest {
  spec: SweepSpec;
  sweepId: string;
  store: Store;
  snapshots: AsyncIterable<SweepSnapshot>;
  display: Display;
  /** When the sweep was started, if this command did it. */
  began?: number;
}

/** Shows the sweep until it ends or whoever makes the snapshots stops; sets the exit code if it ended. */
export async function follow({
  spec,
  sweepId,
  store,
  snapshots,
  display,
  began,
}: FollowRequest): Promise<'ended' | 'left'> {
  let last: View | undefined;
  try {
    for await (const { view, ended, first } of track({ spec, store, snapshots, began })) {
      last = view;
      display.show(view, first ? [] : ended);
    }
    const state = last?.snapshot.state;
    if (last === undefined || state === 'running' || state === 'paused') return 'left';
    display.end(last, (await hasReport(store, sweepId)) ? reportPath(store, sweepId) : undefined);
    process.exitCode = state === 'completed' && last.snapshot.failed === 0 ? 0 : 1;
    return 'ended';
  } finally {
    display.close();
  }
}

/** Said when the command ends before the sweep does. */
export function sayHowToComeBack(what: string, sweepId: string, store: Store): void {
  tell(
    `\n${what}. Look on with: ${commandOn(store, ['watch', sweepId])}\nEnd it with: ${commandOn(store, ['cancel', sweepId])}`,
  );
}

/** How to come back to a sweep that goes on; or, where people had paused it, how to let it. */
export const whatNext = (store: Store, sweepId: string, { paused }: { paused: boolean }): string =>
  paused
    ? `It is paused; let it go on with: ${commandOn(store, ['resume', sweepId])}`
    : `Look on with: ${commandOn(store, ['watch', sweepId])}`;

/** The path of a sweep's report as one would type it here. */
export const reportPath = (store: Store, sweepId: string): string =>
  nearPath(store.describe(`${sweepId}/report/report.html`));
