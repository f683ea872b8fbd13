/** Looking on while a sweep runs: what `start` and `watch` have in common. */
import { relative } from 'node:path';
import type { SweepSnapshot } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';
import { DEFAULT_RUNS } from './defaults.ts';
import { jsonDisplay } from './ui/json.ts';
import { liveDisplay } from './ui/live.ts';
import { plainDisplay } from './ui/plain.ts';
import { styleOf } from './ui/style.ts';
import { track } from './ui/tracker.ts';
import type { Display, View } from './ui/view.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Live on a terminal that can move its cursor, else plain lines; JSON if asked. */
export function chooseDisplay({ json = false }: { json?: boolean | undefined }): Display {
  if (json) return jsonDisplay(print);
  const style = styleOf(process.stdout);
  return process.stdout.isTTY && process.env['TERM'] !== 'dumb' ? liveDisplay(process.stdout, style) : plainDisplay(print, style);
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
export async function follow({ spec, sweepId, store, snapshots, display, began }: FollowRequest): Promise<'ended' | 'left'> {
  let last: View | undefined;
  try {
    for await (const { view, ended, first } of track({ spec, store, snapshots, began })) {
      last = view;
      display.show(view, first ? [] : ended);
    }
    const state = last?.snapshot.state;
    if (last === undefined || state === 'running' || state === 'paused') return 'left';
    display.end(last, await reportPath(store, sweepId));
    process.exitCode = state === 'completed' && last.snapshot.failed === 0 ? 0 : 1;
    return 'ended';
  } finally {
    display.close();
  }
}

/** Said when the command ends before the sweep does. */
export function sayHowToComeBack(what: string, sweepId: string, runs: string): void {
  const where = runs === DEFAULT_RUNS ? '' : ` --runs ${runs}`;
  process.stderr.write(`\n${what}. Look on with: sweep watch ${sweepId}${where}\nEnd it with: sweep cancel ${sweepId}${where}\n`);
}

/** The report's path as one would type it here; undefined if there is no report yet. */
export async function reportPath(store: Store, sweepId: string): Promise<string | undefined> {
  if (!(await store.list(`${sweepId}/report`)).includes('report.html')) return undefined;
  return nearPath(`${store.url}/${sweepId}/report/report.html`);
}

export function nearPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}
