/**
 * `sweep watch` and `sweep status`: how sweeps are, from the server if one answers, else from the runs folder alone.
 */
import type { Leader, SweepSnapshot } from '../../core/results.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { UserError } from '../../core/errors.ts';
import { countTrials } from '../../core/plan.ts';
import { hasEnded } from '../../core/progress.ts';
import { followSweep, storedSnapshot, sweepUrl } from '../../orchestrate/sweeps.ts';
import { connect, isServerExpected, type TemporalTarget } from '../../server/connection.ts';
import { commandOn, nearPath } from '../../store/command.ts';
import { openStore, type Store } from '../../store/index.ts';
import { readWhole } from '../../store/keys.ts';
import { readAhead } from '../../store/read-ahead.ts';
import { listSweeps, readOutcome, specOf } from '../../store/runs.ts';
import { storedTrials } from '../../store/trials.ts';
import { chooseDisplay, follow, reportPath, sayHowToComeBack } from '../follow.ts';
import { resolveSweepId } from '../sweep-id.ts';
import { summaryJson } from '../ui/json.ts';
import { say, sayJson, tell } from '../ui/output.ts';
import { bestText, differentText, endedLine, leaderText, reportingText, runningLines } from '../ui/progress.ts';
import { resultsTable } from '../ui/results-table.ts';
import { styleOf, symbols, type Style } from '../ui/style.ts';
import { table, type Cell, type Row } from '../ui/table.ts';
import { age, clean, count, padEnd, plural } from '../ui/text.ts';
import { MOST_TRIALS, track, type Seen } from '../ui/tracker.ts';
import type { EndedTrial, View } from '../ui/view.ts';

interface Options {
  runs: string;
  json?: boolean;
}

/** What can be said of a sweep now, from the server or the runs folder. */
interface Status {
  sweepId: string;
  spec: SweepSpec;
  /** unfinished: the runs folder has no end of it, and no server or worker says that it runs. */
  state: SweepSnapshot['state'] | 'unfinished';
  snapshot: SweepSnapshot;
  /** Where the Temporal UI shows it. */
  url?: string;
}

/** A server or worker that has not answered after this long, in milliseconds, will not. */
const PATIENCE = 5000;

/** A longer list of trials that failed or diverged is no help: report/results.csv has them all. */
const MOST_BAD = 20;

export async function watch(given: string, { runs, json }: Options, signal: AbortSignal): Promise<void> {
  const store = openStore(runs);
  const sweepId = await resolveSweepId(store, given);
  const spec = await specOf(store, sweepId);
  const outcome = await readOutcome(store, sweepId);
  const display = chooseDisplay(store, { json });
  const opening = { spec, sweepId, total: countTrials(spec), attached: outcome === undefined };
  if (outcome !== undefined) {
    display.open(opening);
    await follow({ spec, sweepId, store, snapshots: once(await storedSnapshot(store, sweepId, spec)), display });
    return;
  }
  const target = await connect({ start: false, signal });
  const url = await sweepUrl(target, store, sweepId);
  display.open({ ...opening, ...(url !== undefined && { url }) });
  const revive = () => connect({ start: false, signal });
  const snapshots = followSweep(target, store, sweepId, { signal, revive });
  if ((await follow({ spec, sweepId, store, snapshots, display })) === 'left')
    sayHowToComeBack('Detached: the sweep goes on', sweepId, store);
}

export async function statusOfAll({ runs, json }: Options): Promise<void> {
  const store = openStore(runs);
  const ids = await listSweeps(store);
  const rows: Row[] = [];
  const found: object[] = [];
  const damaged: Damaged[] = [];
  let unfinished = false;
  const style = styleOf(process.stdout);
  for await (const status of statusesOf(store, ids)) {
    unfinished ||= status.state === 'unfinished';
    if (status.state === 'damaged') damaged.push(status);
    if (json) found.push(status.state === 'damaged' ? status : await asJson(store, status));
    else
      rows.push(
        status.state === 'damaged'
          ? [clean(status.sweepId), { text: 'damaged', tint: style.red }, '', '', '', '']
          : await rowOf(store, status, style),
      );
  }
  if (json) return void sayJson(found);
  if (ids.length === 0)
    return void say(
      `There are no sweeps in ${clean(nearPath(store.url))}. Start one with: ${commandOn(store, ['start', 'FILE'])}`,
    );
  const head = ['sweep', 'state', 'trials', 'failed', 'best', 'started'].map((text) => ({ text, tint: style.bold }));
  table([head, ...rows], { sides: ['left', 'left', 'right', 'right', 'left', 'left'] }).forEach(say);
  if (unfinished) say(unfinishedLine(store));
  for (const { sweepId, message } of damaged) say(`Damaged: ${clean(sweepId)}: ${clean(message)}`);
}

async function rowOf(store: Store, { sweepId, spec, state, snapshot }: Status, style: Style): Promise<Row> {
  return [
    clean(sweepId),
    stateText(snapshot.reporting ? 'reporting' : state, style),
    `${count(snapshot.completed + snapshot.failed)}/${count(snapshot.total)}`,
    snapshot.failed > 0 ? { text: count(snapshot.failed), tint: style.red } : '0',
    bestOf(spec, snapshot.leader ?? (await storedLeader(store, sweepId, spec))),
    ageText(await startedAt(store, sweepId)),
  ];
}

export async function statusOfOne(given: string, { runs, json }: Options): Promise<void> {
  const store = openStore(runs);
  const { value: status } = (await statusesOf(store, [await resolveSweepId(store, given)]).next()) as {
    value: Status | Damaged;
  };
  if (status.state === 'damaged') throw new UserError(status.message);
  if (json) return void sayJson(await asJson(store, status));
  const { spec, sweepId, state, snapshot, url } = status;
  const style = styleOf(process.stdout);
  const width = (process.stdout.columns ?? 120) - 3;
  const view = await look(store, status);
  const { completed, cached, diverged, failed, stopped = 0, total, message, maxConcurrent } = snapshot;
  const { dot, cross, ellipsis } = symbols(style);
  const different = differentText(view.summary);
  const counts = [
    `${count(completed + failed)}/${plural(total, 'trial')}`,
    ...(different === undefined ? [] : [different]),
    ...(cached > 0 ? [`${count(cached)} cached`] : []),
    `${count(diverged)} diverged`,
    `${count(failed)} failed`,
    ...(stopped > 0 ? [`${count(stopped)} stopped`] : []),
  ];
  const report = await reportPath(store, sweepId);
  const facts: [string, string | undefined][] = [
    ['State', [stateText(snapshot.reporting ? 'reporting' : state, style).text, ...counts].join(` ${dot} `)],
    ['Why', message && clean(message)],
    ['Now', reportingText(snapshot)],
    ['Limit', maxConcurrent === undefined ? undefined : `at most ${plural(maxConcurrent, 'job')} at a time`],
    ['Started', ageText(await startedAt(store, sweepId)) || undefined],
    ['Best', bestText(view)],
    ['Folder', clean(nearPath(`${store.url}/${sweepId}`))],
    ['Report', report && clean(report)],
    ['Temporal UI', url && clean(url)],
  ];
  const trouble = (snapshot.trouble ?? []).map((line) => style.yellow(`trying again: ${clean(line)}`));
  const running = snapshot.running.length > 0 ? ['', ...runningLines(view, width, 20, style)] : [];
  const results = resultsTable(spec, view.summary, { width, height: 60 }, style);
  const bad = await firstBad(store, sweepId, spec, diverged + failed);
  const badLines = bad.map((trial) => `${style.red(cross)} ${endedLine(trial, spec)}`);
  if (bad.length < diverged + failed) badLines.push(`${ellipsis} ${count(diverged + failed - bad.length)} more`);
  const body = [
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${padEnd(name, 13)}${value}`])),
    ...running,
    ...(trouble.length > 0 ? ['', ...trouble] : []),
    ...(results.length > 0 ? ['', ...results] : []),
    ...(badLines.length > 0 ? ['', ...badLines] : []),
  ];
  say(style.bold(clean(sweepId)) + (spec.description === '' ? '' : ` ${dot} ${clean(spec.description)}`));
  for (const line of body) say(line === '' ? '' : `  ${line}`);
  if (state === 'unfinished') say(`\n${unfinishedLine(store)}`);
}

const bestOf = ({ objective }: SweepSpec, leader: Leader | undefined): string =>
  leader === undefined ? '' : leaderText(objective, leader);
const unfinishedLine = (store: Store) =>
  `Unfinished: no server or worker answers for it, so this is what the runs folder says. ${commandOn(store, ['start', 'FILE'])} goes on with it.`;

/** Of a sweep that runs, by what lies in its folder; undefined where that would take long. */
async function storedLeader(store: Store, sweepId: string, spec: SweepSpec): Promise<Leader | undefined> {
  return countTrials(spec) > MOST_TRIALS ? undefined : (await storedSnapshot(store, sweepId, spec)).leader;
}

/** A sweep of which nothing can be said but why. */
interface Damaged {
  sweepId: string;
  state: 'damaged';
  message: string;
}

/**
 * Sweep by sweep, a few at a time. Asks the server, if there is one, about those whose end the runs folder does not
 * know.
 */
async function* statusesOf(store: Store, sweepIds: readonly string[]): AsyncGenerator<Status | Damaged> {
  let asked: Promise<TemporalTarget | undefined> | undefined;
  yield* readAhead(sweepIds, async (sweepId): Promise<Status | Damaged> => {
    try {
      return await statusOf(store, sweepId, () => (asked ??= reachableServer()));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { sweepId, state: 'damaged', message: error.message };
    }
  });
}

async function statusOf(
  store: Store,
  sweepId: string,
  server: () => Promise<TemporalTarget | undefined>,
): Promise<Status> {
  const outcome = await readOutcome(store, sweepId);
  const spec = await specOf(store, sweepId);
  const target = outcome === undefined ? await server() : undefined;
  const live = target && (await liveSnapshot(target, store, sweepId));
  const snapshot = live ?? (await storedSnapshot(store, sweepId, spec));
  const url = target && (await sweepUrl(target, store, sweepId));
  const state = outcome === undefined && live === undefined ? ('unfinished' as const) : snapshot.state;
  return { sweepId, spec, state, snapshot, ...(url !== undefined && { url }) };
}

/** Without one, the runs folder tells what it can; that there should be one is told beside it. */
async function reachableServer(): Promise<TemporalTarget | undefined> {
  try {
    return await connect({ start: false });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (await isServerExpected()) tell(`warning: ${clean(error.message)}`);
    return undefined;
  }
}

async function liveSnapshot(target: TemporalTarget, store: Store, sweepId: string): Promise<SweepSnapshot | undefined> {
  try {
    for await (const snapshot of followSweep(target, store, sweepId, { signal: AbortSignal.timeout(PATIENCE) }))
      return snapshot;
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // the server does not know it
  }
  return undefined;
}

async function startedAt(store: Store, sweepId: string): Promise<Date | undefined> {
  const last = (await readWhole<{ starts: { at: string }[] }>(store, `${sweepId}/provenance.json`))?.starts.at(-1);
  return last && new Date(last.at);
}

const ageText = (at: Date | undefined): string =>
  at === undefined ? '' : `${age((Date.now() - at.getTime()) / 1000)} ago`;

function stateText(state: Status['state'] | 'reporting', style: Style): Cell {
  const tint = {
    running: style.green,
    paused: style.yellow,
    completed: (t: string) => t,
    cancelled: style.yellow,
    failed: style.red,
    unfinished: style.yellow,
    reporting: style.green,
  }[state];
  return { text: state, tint };
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** The snapshot with its numbers. */
async function look(store: Store, { spec, snapshot }: Status): Promise<View> {
  const { value } = await track({ spec, store, snapshots: once(snapshot) }).next();
  return (value as Seen).view;
}

/** The first of so many trials that failed or diverged. */
async function firstBad(store: Store, sweepId: string, spec: SweepSpec, of: number): Promise<EndedTrial[]> {
  const bad: EndedTrial[] = [];
  if (of === 0) return bad;
  for await (const { trialId, label, found } of storedTrials(store, sweepId, spec)) {
    if (found === undefined) continue;
    if ('message' in found)
      bad.push({ trialId, label, status: 'failed', steps: 0, metrics: {}, message: found.message });
    else if (hasEnded(found) && found.status === 'diverged')
      bad.push({ trialId, label, status: 'diverged', steps: found.steps, metrics: {} });
    if (bad.length === Math.min(of, MOST_BAD)) break;
  }
  return bad;
}

async function asJson(store: Store, status: Status) {
  const {
    spec,
    snapshot: { message, ...snapshot },
    state,
    url,
    sweepId,
  } = status;
  const view = await look(store, status);
  return {
    ...snapshot,
    name: spec.name,
    state,
    message: message ?? null,
    startedAt: (await startedAt(store, sweepId))?.toISOString() ?? null,
    report: (await reportPath(store, sweepId)) ?? null,
    temporalUi: url ?? null,
    summary: summaryJson(view.summary),
  };
}
