/** `sweep status`: of all sweeps of a runs folder, or of one. */
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import {
  detailsOf,
  firstBad,
  statusesOf,
  statusOf,
  summaryOf,
  type DamagedSweep,
  type SweepDetails,
  type SweepStatus,
} from '../../../orchestrate/status.ts';
import type { EndedTrial } from '../../../orchestrate/view.ts';
import { commandOn, nearPath } from '../../../store/command.ts';
import { openStore, type Store } from '../../../store/index.ts';
import { listSweeps } from '../../../store/runs.ts';
import type { RunsOptions } from '../../options.ts';
import { reportPath } from '../../ui/follow.ts';
import { summaryJson } from '../../ui/json.ts';
import { say, sayJson, tell } from '../../ui/output.ts';
import {
  bestText,
  differentText,
  endedLine,
  leaderText,
  reportingText,
  runningLines,
  waitingText,
} from '../../ui/progress.ts';
import { resultsTable } from '../../ui/results-table.ts';
import { styleOf, symbols, type Style } from '../../ui/style.ts';
import { table, type TableCell, type TableRow } from '../../ui/table.ts';
import { age, clean, count, padEnd, plural } from '../../ui/text.ts';

/** That there should be a server, and none answers. */
const warn = (message: string): void => tell(`warning: ${clean(message)}`);

export async function statusOfAll({ runs, json }: RunsOptions): Promise<void> {
  const store = openStore(runs);
  const ids = await listSweeps(store);
  const rows: TableRow[] = [];
  const found: object[] = [];
  const damaged: DamagedSweep[] = [];
  let unfinished = false;
  const style = styleOf(process.stdout);
  for await (const status of statusesOf(store, ids, warn)) {
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

async function rowOf(store: Store, status: SweepStatus, style: Style): Promise<TableRow> {
  const { sweepId, spec, snapshot } = status;
  const { leader, startedAt } = await summaryOf(store, status);
  return [
    clean(sweepId),
    stateText(status, style),
    `${count(snapshot.completed + snapshot.failed)}/${count(snapshot.total)}`,
    snapshot.failed > 0 ? { text: count(snapshot.failed), tint: style.red } : '0',
    leader === undefined ? '' : leaderText(spec.objective, leader),
    ageText(startedAt),
  ];
}

export async function statusOfOne(given: string, { runs, json }: RunsOptions): Promise<void> {
  const store = openStore(runs);
  const status = await statusOf(store, await findSweep(store, given), warn);
  if (json) return void sayJson(await asJson(store, status));
  const { spec, sweepId, state, snapshot } = status;
  const style = styleOf(process.stdout);
  const width = (process.stdout.columns ?? 120) - 3;
  const details = await detailsOf(store, status);
  const { view } = details;
  const groups = [
    factLines(store, status, details, style),
    snapshot.running.length > 0 ? runningLines(view, width, 20, style) : [],
    (snapshot.trouble ?? []).map((line) => style.yellow(`trying again: ${clean(line)}`)),
    resultsTable(spec, view.summary, { width, height: 60 }, style),
    badLines(status, await firstBad(store, status), style),
  ].filter((lines) => lines.length > 0);
  say(
    style.bold(clean(sweepId)) + (spec.description === '' ? '' : ` ${symbols(style).dot} ${clean(spec.description)}`),
  );
  for (const line of groups.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])))
    say(line === '' ? '' : `  ${line}`);
  if (state === 'unfinished') say(`\n${unfinishedLine(store)}`);
}

/** A line for each thing that is known of the sweep as a whole. */
function factLines(store: Store, status: SweepStatus, details: SweepDetails, style: Style): string[] {
  const { sweepId, snapshot, url } = status;
  const { view, startedAt, hasReport } = details;
  const { completed, cached, diverged, failed, stopped = 0, total, message, maxConcurrent } = snapshot;
  const different = differentText(view.summary);
  const counts = [
    `${count(completed + failed)}/${plural(total, 'trial')}`,
    ...(different === undefined ? [] : [different]),
    ...(cached > 0 ? [`${count(cached)} cached`] : []),
    `${count(diverged)} diverged`,
    `${count(failed)} failed`,
    ...(stopped > 0 ? [`${count(stopped)} stopped`] : []),
  ];
  const facts: [string, string | undefined][] = [
    ['State', [stateText(status, style).text, ...counts].join(` ${symbols(style).dot} `)],
    ['Why', message && clean(message)],
    ['Now', reportingText(snapshot) ?? waitingText(snapshot)],
    ['Limit', maxConcurrent === undefined ? undefined : `at most ${plural(maxConcurrent, 'job')} at a time`],
    ['Started', ageText(startedAt) || undefined],
    ['Best', bestText(view)],
    ['Folder', clean(nearPath(store.describe(sweepId)))],
    ['Report', hasReport ? clean(reportPath(store, sweepId)) : undefined],
    ['Temporal UI', url && clean(url)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [`${padEnd(name, 13)}${value}`]));
}

/** The first trials that failed or diverged, and how many more there are. */
function badLines({ spec, snapshot }: SweepStatus, bad: readonly EndedTrial[], style: Style): string[] {
  const { cross, ellipsis } = symbols(style);
  const more = snapshot.diverged + snapshot.failed - bad.length;
  const lines = bad.map((trial) => `${style.red(cross)} ${endedLine(trial, spec)}`);
  return more > 0 ? [...lines, `${ellipsis} ${count(more)} more`] : lines;
}

const unfinishedLine = (store: Store) =>
  `Unfinished: no server or worker answers for it, so this is what the runs folder says. ${commandOn(store, ['start', 'FILE'])} goes on with it.`;

const ageText = (at: Date | undefined): string =>
  at === undefined ? '' : `${age((Date.now() - at.getTime()) / 1000)} ago`;

function stateText({ state, snapshot }: SweepStatus, style: Style): TableCell {
  const shown = snapshot.reporting ? 'reporting' : state;
  const tint = {
    running: style.green,
    paused: style.yellow,
    completed: (t: string) => t,
    cancelled: style.yellow,
    failed: style.red,
    unfinished: style.yellow,
    reporting: style.green,
  }[shown];
  return { text: shown, tint };
}

async function asJson(store: Store, status: SweepStatus) {
  const {
    spec,
    snapshot: { message, ...snapshot },
    state,
    url,
    sweepId,
  } = status;
  const { view, startedAt, hasReport } = await detailsOf(store, status);
  return {
    ...snapshot,
    name: spec.name,
    state,
    message: message ?? null,
    startedAt: startedAt?.toISOString() ?? null,
    report: hasReport ? reportPath(store, sweepId) : null,
    temporalUi: url ?? null,
    summary: summaryJson(view.summary),
  };
}
