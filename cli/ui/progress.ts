/** A view of a sweep -> lines of a terminal. Pure: the clock is an argument. */
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import type { SummaryRow } from '../../core/aggregate.ts';
import type { Leader, ReportProgress } from '../../core/results.ts';
import type { Objective } from '../../core/spec.ts';
import { leaderOf } from '../../core/standing.ts';
import { spaceCounts } from './space.ts';
import { resultsTable } from './results-table.ts';
import { symbols, type Style } from './style.ts';
import { clean, count, duration, metricValue, padEnd, padStart, plural, roughly } from './text.ts';
import type { EndedTrial, View } from '../../orchestrate/view.ts';
import type { Hint, Opening } from './display.ts';

export interface Screen {
  width: number;
  height: number;
  style: Style;
}

const INDENT = '  ';
const WIDEST_BAR = 48;
const NARROWEST_BAR = 8;
/** Running trials that are shown before the table gets its room. */
const FEW = 4;
/** Without news for this long, in milliseconds, the display says so. */
const SILENCE = 15_000;
/** A worker has begun after this many seconds, or there is none. */
const PATIENCE = 30;

/** For runs folders that need no word. */
export const plainHint: Hint = (...command) => ['sweep', ...command].join(' ');

/** What stands above the display, once. */
export function openingLines(opening: Opening, style: Style, width = Infinity, hint: Hint = plainHint): string[] {
  const {
    spec,
    sweepId,
    total,
    attached,
    cached = 0,
    otherResults = [],
    paused,
    backend,
    slots,
    estimate,
    url,
  } = opening;
  const { dot } = symbols(style);
  const counts = spaceCounts(spec, style);
  const parts = [
    `${plural(total, 'trial')}${counts === '' ? '' : ` (${counts})`}${cached > 0 ? `, ${count(cached)} of them cached` : ''}`,
    backend,
    slots === undefined ? undefined : plural(slots, 'slot'),
    estimate === undefined ? undefined : roughly(estimate),
  ].filter((part) => part !== undefined);
  return [
    style.bold(clean(spec.name)) + (spec.description === '' ? '' : ` ${dot} ${clean(spec.description)}`),
    ...wrapped(parts, ` ${dot} `, width - INDENT.length).map((line) => INDENT + line),
    ...otherResults.map((line) => INDENT + line),
    ...(paused ? [`${INDENT}paused: ${hint('resume', sweepId)} lets it go on`] : []),
    ...(attached ? [`${INDENT}running already: looking on`] : []),
    `${INDENT}${padEnd('Sweep', 13)}${clean(sweepId)}`,
    ...(url === undefined ? [] : [`${INDENT}${padEnd('Temporal UI', 13)}${url}`]),
  ];
}

/** Parts joined into as few lines as their order and the width allow. */
function wrapped(parts: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = lines.length === 0 ? part : `${lines.at(-1)}${separator}${part}`;
    if (lines.length > 0 && stringWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** The whole display, at most `height` lines of less than `width` columns. */
export function frame(view: View, { width, height, style }: Screen, now: number): string[] {
  const room = width - 1 - INDENT.length; // a full line would make some terminals wrap
  const { running } = view.snapshot;
  const trouble = troubleLines(view, style);
  const rest = height - 2 - trouble.length; // without the bar and the last line
  const table = resultsTable(
    view.spec,
    view.summary,
    { width: room, height: rest - Math.min(running.length, FEW) - 2 },
    style,
  );
  const trials = runningLines(view, room, rest - (table.length === 0 ? 0 : table.length + 2), style);
  const lines = [
    barLine(view, room, style, now),
    ...trials,
    ...trouble,
    ...(table.length === 0 ? [] : ['', ...table, '']),
    lastLine(view, style, now),
  ];
  return lines
    .slice(0, Math.max(1, height))
    .map((line) =>
      line === '' ? '' : INDENT + cliTruncate(line, room, { truncationCharacter: symbols(style).ellipsis }),
    );
}

export function barLine({ snapshot, began, seen, left }: View, width: number, style: Style, now: number): string {
  const { completed, failed, total, running, state, reporting } = snapshot;
  const { dot, dash } = symbols(style);
  const done = completed + failed;
  const partly = running.reduce((sum, { step, toStep }) => sum + (toStep > 0 ? step / toStep : 0), 0);
  const remaining = left === undefined ? dash : duration(left - (now - seen) / 1000);
  const counted = `${count(done)}/${count(total)}`;
  const elapsed = duration((now - began) / 1000);
  const failures = failed > 0 ? style.red(`${count(failed)} failed`) : `${failed} failed`;
  const paused = reporting ? ['writing its report'] : state === 'paused' ? [style.yellow('paused')] : [];
  const richToPoor = [
    [counted, elapsed, `${remaining} left`, failures],
    [counted, `${remaining} left`, ...(failed > 0 ? [failures] : [])],
    [counted, ...(failed > 0 ? [failures] : [`${remaining} left`])],
    [counted],
  ].map((parts) => [...parts, ...paused].join(` ${dot} `));
  const words = richToPoor.find((w) => stringWidth(w) + 2 + NARROWEST_BAR <= width) ?? counted;
  const length = Math.min(WIDEST_BAR, width - 2 - stringWidth(words));
  return length < 3 ? words : `${bar(total === 0 ? 1 : (done + partly) / total, length, style)}  ${words}`;
}

/** Heavy for done, light for not yet; half a character where the terminal has one. */
export function bar(share: number, length: number, style: Style): string {
  const { heavy, half, light } = symbols(style);
  const halves = Math.floor(Math.min(1, Math.max(0, share)) * length * 2);
  const full = Math.floor(halves / 2);
  const done = heavy.repeat(full) + (halves % 2 === 1 ? half : '');
  const rest = length - full - (halves % 2);
  return style.green(done) + style.dim((style.colors ? heavy : light).repeat(rest));
}

const DOING: Record<ReportProgress['doing'], string> = {
  counting: 'looking at trial',
  reading: 'reading trial',
  drawing: 'drawing figure',
  writing: 'writing the curve of trial',
};

/** 'writing its report: reading trial 41,000 of 100,000'; undefined while it trains. */
export function reportingText({ reporting }: View['snapshot']): string | undefined {
  if (reporting === undefined) return undefined;
  const { doing, done = 0, total = 0 } = reporting;
  return doing === undefined
    ? 'writing its report'
    : `writing its report: ${DOING[doing]} ${count(done)} of ${count(total)}`;
}

/** 'waiting for a worker of X; there is one of Y'; undefined: it waits for none in vain. */
export const waitingText = ({ waiting }: View['snapshot']): string | undefined =>
  waiting && `waiting for ${clean(waiting)}`;

/** What failed and is tried again: the first of it, and how much more there is. */
function troubleLines({ snapshot: { trouble = [] } }: View, style: Style): string[] {
  const [first, ...more] = trouble;
  if (first === undefined) return [];
  return [style.yellow(`trying again${more.length > 0 ? ` (${count(trouble.length)} times)` : ''}: ${clean(first)}`)];
}

/** Before anything is known, or nothing is in training: a worker takes seconds to start, so a hint comes later. */
export function waitingLine(seconds: number, style: Style, hint: Hint = plainHint): string {
  const advice =
    seconds < PATIENCE
      ? ''
      : ` ${symbols(style).dot} does one run? sweep start starts one, and so does: ${hint('worker')}`;
  return style.dim(`waiting for a worker ${symbols(style).dot} ${duration(seconds)}${advice}`);
}

/** One line a running trial: what it is, its step, its metrics; words go before numbers where it is narrow. */
export function runningLines({ spec, snapshot }: View, width: number, height: number, style: Style): string[] {
  const { running, completed, failed, total } = snapshot;
  if (height < 1) return [];
  const reporting = reportingText(snapshot);
  if (reporting !== undefined) return [style.dim(reporting)];
  const waiting = waitingText(snapshot);
  if (waiting !== undefined) return [style.yellow(waiting)];
  if (running.length === 0) return completed + failed < total ? [style.dim('waiting for a worker')] : [];
  const shown = running.slice(0, running.length > height ? height - 1 : height);
  const metric = spec.objective.metric;
  const value = (metrics: Record<string, number>, name: string) =>
    metrics[name] === undefined ? '' : metricValue(name, metrics[name]);
  const column = (values: string[], word = '') => {
    const widest = Math.max(...values.map((v) => stringWidth(v)));
    return values.map((v) => (v === '' ? ' '.repeat(word.length + widest) : word + padStart(v, widest)));
  };
  const steps = shown.map(({ step, toStep }) => `${count(step)}/${count(toStep)}`);
  const objective = shown.map(({ metrics }) => value(metrics, metric));
  const loss = shown.map(({ metrics }) => value(metrics, 'loss'));
  const second = metric === 'loss' ? [] : [column(loss, 'loss ')];
  const richToPoor = [
    [column(steps, 'step '), column(objective, `${metric} `), ...second],
    [column(steps), column(objective, `${metric} `), ...second],
    [column(steps), column(objective, `${metric} `)],
    [column(steps), column(objective)],
    [column(steps)],
  ];
  const labels = shown.map(({ label }) => clean(label));
  const labelWidth = Math.max(...labels.map((label) => stringWidth(label)));
  const right = (columns: string[][], i: number) => columns.map((c) => c[i]).join('   ');
  const columns = richToPoor.find((c) => labelWidth + 3 + stringWidth(right(c, 0)) <= width) ?? [
    column(steps),
    column(objective),
  ];
  const room = Math.max(3, Math.min(labelWidth, width - 2 - stringWidth(right(columns, 0))));
  const gap = labelWidth + 3 + stringWidth(right(columns, 0)) <= width ? '   ' : '  ';
  const lines = labels.map(
    (label, i) =>
      padEnd(cliTruncate(label, room, { truncationCharacter: symbols(style).ellipsis }), room) +
      gap +
      right(columns, i).trimEnd(),
  );
  return shown.length === running.length
    ? lines
    : [...lines, style.dim(`${symbols(style).ellipsis} ${count(running.length - shown.length)} more in training`)];
}

/** 'accuracy 1.00, mean of 3 repeats': what the configuration is worth that ranks first. */
export function leaderText({ metric }: Objective, { objective, n, repeats }: Leader): string {
  return `${metric} ${metricValue(metric, objective)}${n < repeats ? `, ${n} of ${repeats} repeats` : repeats > 1 ? `, mean of ${repeats} repeats` : ''}`;
}

/**
 * The configuration that ranks first; of a sweep that is too large to look at all of it while it runs, the best trial.
 */
export function bestText({
  spec: { objective },
  summary,
  snapshot: { best, leader = leaderOf(summary, objective) },
}: View): string | undefined {
  const { metric } = objective;
  if (leader === undefined)
    return best && `${metric} ${metricValue(metric, best.objective)}, one trial: ${clean(best.label)}`;
  return `${leaderText(objective, leader)}${leader.label === '' ? '' : `: ${clean(leader.label)}`}`;
}

/** '4 different', where a search has drawn some trials more than once: they count as often, and are trained once. */
export function differentText(summary: readonly SummaryRow[]): string | undefined {
  const trials = summary.flatMap(({ repeats }) => repeats);
  return trials.some(({ draws = 1 }) => draws > 1) ? `${count(trials.length)} different` : undefined;
}

/** The best so far and the speed; or that nothing has been heard for a while. */
export function lastLine(view: View, style: Style, now: number): string {
  const { stepsPerSecond, seen } = view;
  if (now - seen > SILENCE) {
    return style.yellow(
      `no news for ${duration((now - seen) / 1000)}: the Temporal server or the workers do not answer; trying again`,
    );
  }
  const best = bestText(view);
  return [
    ...(best === undefined ? [] : [`best ${best}`]),
    ...(stepsPerSecond === undefined
      ? []
      : [`${stepsPerSecond < 10 ? stepsPerSecond.toFixed(1) : count(Math.round(stepsPerSecond))} steps/s`]),
  ].join(` ${symbols(style).dot} `);
}

/** 'rnn length 5 seed 1: completed after 300 steps, accuracy 1.00, loss 0.0132' */
export function endedLine({ label, status, steps, metrics, message }: EndedTrial, { objective }: View['spec']): string {
  const names = [...new Set([objective.metric, 'loss'])].filter((name) => metrics[name] !== undefined);
  const after =
    status === 'failed' ? '' : status === 'diverged' ? ` at step ${count(steps)}` : ` after ${plural(steps, 'step')}`;
  const values =
    status === 'completed'
      ? names.map((name) => `, ${name} ${metricValue(name, metrics[name] as number)}`).join('')
      : '';
  return `${clean(label)}: ${status}${after}${values}${message === undefined ? '' : `: ${clean(message)}`}`;
}

/** '8/42 trials, 2:40 left, 0 failed, best accuracy 1.00, mean of 3 repeats: rnn length 5' */
export function progressLine(view: View): string {
  const {
    snapshot: { completed, failed, total },
    left,
  } = view;
  const [best, reporting] = [bestText(view), reportingText(view.snapshot)];
  return [
    `${count(completed + failed)}/${count(total)} trials`,
    ...(left === undefined ? [] : [`${duration(left)} left`]),
    `${count(failed)} failed`,
    ...(best === undefined ? [] : [`best ${best}`]),
    ...(reporting === undefined ? [] : [reporting]),
  ].join(', ');
}

/** How it ended, and what to look at next. */
export function closingLines(
  { snapshot, summary, began, seen, whole }: View,
  report: string | undefined,
  style: Style,
  hint: Hint = plainHint,
): string[] {
  const { state, completed, failed, diverged, total, sweepId, message } = snapshot;
  const time = duration((seen - began) / 1000);
  const after = whole ? ` after ${time}` : '';
  const where = report === undefined ? '' : ` Report: ${clean(report)}`;
  const why = message === undefined ? '' : `: ${clean(message)}`;
  const kept = `${count(completed)} of ${plural(total, 'trial')} ${completed === 1 ? 'is' : 'are'} kept; the same sweep start goes on with the rest.`;
  if (state === 'cancelled') return [`Cancelled${after}: ${kept}${where}`];
  if (state === 'failed') return [style.red(`Failed${after}${why}`), `${kept}${where}`];
  if (state !== 'completed') return [`${state}: ${kept}${where}`];
  const bad =
    failed > 0 ? ` with ${style.red(`${plural(failed, 'failed trial')}`)} (${hint('status', sweepId)} says why)` : '';
  const different = differentText(summary);
  const apart =
    (diverged > 0 ? ` ${plural(diverged, 'trial')} diverged.` : '') +
    (different === undefined ? '' : ` ${plural(total, 'trial')}, ${different}.`);
  return [`Done${whole ? ` in ${time}` : ''}${bad}${why}.${apart}${where}`];
}
