/** `sweep watch` and `sweep status`: how sweeps are, from the server if one answers, else from the runs folder alone. */
import type { SweepSnapshot } from '../../core/results.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { UserError } from '../../core/errors.ts';
import { countTrials } from '../../core/plan.ts';
import { hasEnded } from '../../core/progress.ts';
import { followSweep, storedSnapshot, sweepUrl } from '../../orchestrate/sweeps.ts';
import { connect, type TemporalTarget } from '../../server/connection.ts';
import { commandOn, nearPath } from '../../store/command.ts';
import { openStore, type Store } from '../../store/index.ts';
import { readWhole } from '../../store/keys.ts';
import { listSweeps, readOutcome, readSpec } from '../../store/runs.ts';
import { storedTrials } from '../../store/trials.ts';
import { chooseDisplay, follow, reportPath, sayHowToComeBack } from '../follow.ts';
import { resolveSweepId } from '../sweep-id.ts';
import { summaryJson } from '../ui/json.ts';
import { say, sayJson } from '../ui/output.ts';
import { endedLine, runningLines } from '../ui/progress.ts';
import { resultsTable } from '../ui/results-table.ts';
import { styleOf, symbols, type Style } from '../ui/style.ts';
import { table, type Cell } from '../ui/table.ts';
import { age, clean, count, metricValue, padEnd, plural } from '../ui/text.ts';
import { track, type Seen } from '../ui/tracker.ts';
import type { EndedTrial, View } from '../ui/view.ts';

interface Options { runs: string; json?: boolean }

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
  if (await follow({ spec, sweepId, store, snapshots, display }) === 'left') sayHowToComeBack('Detached: the sweep goes on', sweepId, store);
}

export async function statusOfAll({ runs, json }: Options): Promise<void> {
  const store = openStore(runs);
  const all = await statusesOf(store, await listSweeps(store));
  if (json) return void sayJson(await Promise.all(all.map((status) => asJson(store, status))));
  if (all.length === 0) return void say(`There are no sweeps in ${clean(nearPath(store.url))}. Start one with: ${commandOn(store, ['start', 'FILE'])}`);
  const style = styleOf(process.stdout);
  const rows = await Promise.all(all.map(async ({ sweepId, spec, state, snapshot: { completed, failed, total, best } }) => [
    clean(sweepId),
    stateText(state, style),
    `${count(completed + failed)}/${count(total)}`,
    failed > 0 ? { text: count(failed), tint: style.red } : '0',
    best ? `${spec.objective.metric} ${metricValue(spec.objective.metric, best.objective)}` : '',
    ageText(await startedAt(store, sweepId)),
  ]));
  const head = ['sweep', 'state', 'trials', 'failed', 'best', 'started'].map((text) => ({ text, tint: style.bold }));
  table([head, ...rows], { sides: ['left', 'left', 'right', 'right', 'left', 'left'] }).forEach(say);
  if (all.some(({ state }) => state === 'unfinished')) say(unfinished(store));
}

export async function statusOfOne(given: string, { runs, json }: Options): Promise<void> {
  const store = openStore(runs);
  const [status] = await statusesOf(store, [await resolveSweepId(store, given)]) as [Status];
  if (json) return void sayJson(await asJson(store, status));
  const { spec, sweepId, state, snapshot, url } = status;
  const style = styleOf(process.stdout);
  const width = (process.stdout.columns ?? 120) - 3;
  const view = await look(store, status);
  const { completed, cached, diverged, failed, stopped = 0, total, best, message, maxConcurrent } = snapshot;
  const { dot, cross, ellipsis } = symbols(style);
  const counts = [
    `${count(completed + failed)}/${plural(total, 'trial')}`, ...(cached > 0 ? [`${count(cached)} cached`] : []), `${count(diverged)} diverged`, `${count(failed)} failed`,
    ...(stopped > 0 ? [`${count(stopped)} stopped`] : []),
  ];
  const report = await reportPath(store, sweepId);
  const facts: [string, string | undefined][] = [
    ['State', [stateText(state, style).text, ...counts].join(` ${dot} `)],
    ['Why', message && clean(message)],
    ['Limit', maxConcurrent === undefined ? undefined : `at most ${plural(maxConcurrent, 'job')} at a time`],
    ['Started', ageText(await startedAt(store, sweepId)) || undefined],
    ['Best', best && `${spec.objective.metric} ${metricValue(spec.objective.metric, best.objective)}: ${clean(best.label)} (trial ${best.trialId})`],
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
  if (state === 'unfinished') say(`\n${unfinished(store)}`);
}

const unfinished = (store: Store) =>
  `Unfinished: no server or worker answers for it, so this is what the runs folder says. ${commandOn(store, ['start', 'FILE'])} goes on with it.`;

/** Asks the server, if there is one, about the sweeps whose end the runs folder does not know. */
async function statusesOf(store: Store, sweepIds: readonly string[]): Promise<Status[]> {
  const outcomes = await Promise.all(sweepIds.map((sweepId) => readOutcome(store, sweepId)));
  const target = outcomes.every((outcome) => outcome !== undefined) ? undefined : await reachableServer();
  return Promise.all(sweepIds.map(async (sweepId, i) => {
    const spec = await specOf(store, sweepId);
    const live = outcomes[i] === undefined && target ? await liveSnapshot(target, store, sweepId) : undefined;
    const snapshot = live ?? await storedSnapshot(store, sweepId, spec);
    const url = target && await sweepUrl(target, store, sweepId);
    const state = outcomes[i] === undefined && live === undefined ? 'unfinished' as const : snapshot.state;
    return { sweepId, spec, state, snapshot, ...(url !== undefined && { url }) };
  }));
}

/** Without one, the runs folder tells what it can. */
async function reachableServer(): Promise<TemporalTarget | undefined> {
  try {
    return await connect({ start: false });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function liveSnapshot(target: TemporalTarget, store: Store, sweepId: string): Promise<SweepSnapshot | undefined> {
  try {
    for await (const snapshot of followSweep(target, store, sweepId, { signal: AbortSignal.timeout(PATIENCE) })) return snapshot;
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // the server does not know it
  }
  return undefined;
}

async function specOf(store: Store, sweepId: string): Promise<SweepSpec> {
  const spec = await readSpec(store, sweepId);
  if (spec === undefined) throw new UserError(`${sweepId}: ${store.url}/${sweepId}/sweep.json has gone`);
  return spec;
}

async function startedAt(store: Store, sweepId: string): Promise<Date | undefined> {
  const last = (await readWhole<{ starts: { at: string }[] }>(store, `${sweepId}/provenance.json`))?.starts.at(-1);
  return last && new Date(last.at);
}

const ageText = (at: Date | undefined): string => (at === undefined ? '' : `${age((Date.now() - at.getTime()) / 1000)} ago`);

function stateText(state: Status['state'], style: Style): Cell {
  const tint = { running: style.green, paused: style.yellow, completed: (t: string) => t, cancelled: style.yellow, failed: style.red, unfinished: style.yellow }[state];
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
    if ('message' in found) bad.push({ trialId, label, status: 'failed', steps: 0, metrics: {}, message: found.message });
    else if (hasEnded(found) && found.status === 'diverged') bad.push({ trialId, label, status: 'diverged', steps: found.steps, metrics: {} });
    if (bad.length === Math.min(of, MOST_BAD)) break;
  }
  return bad;
}

async function asJson(store: Store, status: Status) {
  const { spec, snapshot: { message, ...snapshot }, state, url, sweepId } = status;
  const view = await look(store, status);
  return {
    ...snapshot, name: spec.name, state, message: message ?? null, startedAt: (await startedAt(store, sweepId))?.toISOString() ?? null,
    report: (await reportPath(store, sweepId)) ?? null, temporalUi: url ?? null, summary: summaryJson(view.summary),
  };
}
