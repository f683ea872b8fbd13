import type { TrialRow } from '../../core/aggregate.ts';
import type { TrialTiming } from '../../core/results.ts';
import { labelOf } from '../model.ts';
import type { Report } from '../types.ts';
import { durationText } from '../prose.ts';
import type { Figure, Row } from './types.ts';
import { distinct, oneLine } from './layout.ts';
import { series } from './theme.ts';

/** Where more than this many bars are side by side, none is seen. */
const MOST_TRIALS = 2000;
const MOST_ROWS = 64;
/** The row of trials whose job failed for good; nobody noted where. */
const FAILED = 'failed';
/** The shortest bar, in pixels: one that is seen. */
const LEAST_BAR = 2;

const colours: Record<string, string | undefined> = {
  completed: series[1]?.light,
  diverged: series[0]?.light,
  [FAILED]: series[6]?.light,
};

interface Span {
  trial: TrialRow;
  timing: TrialTiming;
  start: number;
  end: number;
}

/** Trials that this sweep trained, by their start: what it took from an earlier one has an earlier time. */
function spansOf({ trials, input: { timings, starts } }: Report): Span[] {
  const begun = Math.min(...starts.map(({ at }) => Date.parse(at)));
  return trials
    .flatMap((trial) => {
      const timing = timings.get(trial.trialId);
      if (timing === undefined) return [];
      const [start, end] = [Date.parse(timing.startedAt), Date.parse(timing.endedAt)];
      const own = Number.isFinite(start) && Number.isFinite(end) && !(starts.length > 0 && start < begun);
      return own ? [{ trial, timing, start, end }] : [];
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

/**
 * A worker trains several trials at a time, in slots and in lanes: each goes into the first of its rows that is free.
 */
function rowsOf(spans: Span[]): Map<Span, string> {
  const free = new Map<string, number[]>(); // of each worker's rows, when they are free again
  const rows = new Map<Span, number>();
  for (const span of spans) {
    const ends = free.get(span.timing.worker) ?? [];
    const vacant = ends.findIndex((end) => end <= span.start);
    const row = vacant === -1 ? ends.length : vacant;
    ends[row] = span.end;
    free.set(span.timing.worker, ends);
    rows.set(span, row);
  }
  const single = free.size === 1;
  return new Map(
    [...rows].map(([span, row]) => [span, oneLine(`${single ? '' : `${span.timing.worker} `}${row + 1}`)]),
  );
}

function data(report: Report): Row[] | undefined {
  const spans = spansOf(report);
  const rows = rowsOf(spans);
  if (spans.length === 0 || spans.length > MOST_TRIALS || new Set(rows.values()).size > MOST_ROWS) return undefined;
  const zero = spans[0]?.start ?? 0;
  const trialText = ({ configuration, repeat }: TrialRow) =>
    oneLine([labelOf(configuration, report.dimensions), `repeat ${repeat}`].filter((part) => part !== '').join(', '));
  const failures = report.trials.flatMap((trial): Row[] => {
    const failure = report.input.failures.get(trial.trialId);
    const at = (Date.parse(failure?.at ?? '') - zero) / 1000;
    if (!(at >= 0)) return [];
    return [
      {
        row: FAILED,
        worker: null,
        trial: trialText(trial),
        status: FAILED,
        from: at,
        to: at,
        attempts: null,
        took: null,
      },
    ];
  });
  const trained = spans.map(
    (span): Row => ({
      row: rows.get(span) as string,
      worker: oneLine(span.timing.worker),
      trial: trialText(span.trial),
      status: span.trial.status,
      from: (span.start - zero) / 1000,
      to: (span.end - zero) / 1000,
      attempts: span.timing.attempts,
      took: durationText((span.end - span.start) / 1000),
    }),
  );
  return [...trained, ...failures];
}

/** The unit in which a duration has few digits. */
const unitOf = (seconds: number) =>
  seconds < 180
    ? { name: 's', length: 1 }
    : seconds < 3 * 3600
      ? { name: 'min', length: 60 }
      : { name: 'h', length: 3600 };

export const timeline: Figure = {
  title: 'Timeline',
  summary: 'when each trial was trained, by which worker, and which others at the same time',
  caption(report, rows) {
    const { timings } = report.input;
    const earlier = report.trials.filter(({ trialId }) => timings.has(trialId)).length - spansOf(report).length;
    const first = spansOf(report)[0]?.timing.startedAt ?? '';
    const workers = distinct(rows, 'worker').filter((worker) => worker !== null);
    return (
      `A bar is a trial; time counts from ${first.slice(0, 19).replace('T', ' ')} UTC` +
      `${workers.length === 1 ? `, on ${String(workers[0])}` : ''}.` +
      ' Bars above one another were trained at the same time: in other slots, or side by side as lanes of a pack.' +
      (earlier > 0 ? ` ${earlier} ${earlier === 1 ? 'trial' : 'trials'} came from the cache, trained before.` : '')
    );
  },
  data,
  spec(rows, _, page) {
    const order = (row: unknown) => (row === FAILED ? '\uffff' : String(row));
    const names = distinct(rows, 'row').sort((a, b) => order(a).localeCompare(order(b), 'en', { numeric: true }));
    const whole = Math.max(...rows.map(({ to }) => Number(to)), 1e-3);
    const unit = unitOf(whole);
    const width = page === 'narrow' ? 230 : 600;
    const statuses = Object.keys(colours).filter((status) => rows.some((row) => row['status'] === status));
    const x = (field: string, title: string | null) => ({
      field,
      type: 'quantitative',
      title,
      scale: { nice: false, domainMin: 0 },
      axis: { tickCount: 6 },
    });
    return {
      width,
      height: { step: names.length > 16 ? 14 : 26 },
      transform: [
        { calculate: `datum.from / ${unit.length}`, as: 'start' },
        { calculate: `max(datum.to, datum.from + ${(LEAST_BAR * whole) / width}) / ${unit.length}`, as: 'end' },
      ],
      mark: { type: 'bar', stroke: 'white', strokeWidth: 0.6 },
      encoding: {
        x: x('start', `time, ${unit.name}`),
        x2: { field: 'end' },
        y: {
          field: 'row',
          type: 'nominal',
          sort: names,
          title: null,
          axis: { labelLimit: page === 'narrow' ? 80 : 160 },
        },
        color: {
          field: 'status',
          type: 'nominal',
          title: null,
          scale: { domain: statuses, range: statuses.map((status) => colours[status]) },
          legend: statuses.length < 2 ? null : { orient: 'top', symbolType: 'square' },
        },
        tooltip: [
          { field: 'trial', title: 'trial' },
          { field: 'status', title: 'status' },
          { field: 'took', title: 'took' },
          { field: 'attempts', title: 'attempts' },
          { field: 'worker', title: 'worker' },
        ],
      },
    } as ReturnType<Figure['spec']>;
  },
};
