import type { TrialRow } from '../../core/aggregate.ts';
import { examples, labelOf } from '../model.ts';
import type { Report } from '../types.ts';
import { observationsOf, type ObservationOf } from '../observations.ts';
import type { Figure, Row } from './types.ts';
import { distinct, inPanels, oneLine } from './layout.ts';
import { dashes, ink, series } from './theme.ts';

const MOST_PANELS = 8;
/** Of more time steps, the points are a smear. */
const MOST_POINTS = 60;

export type Gate = ObservationOf<'gate'>['data'];

const isLearned = (first: Gate, last: Gate) => JSON.stringify(first) !== JSON.stringify(last);

export interface NamedGate {
  label: string;
  gate: Gate;
  /** In training; a gate that stays as it was given is always the same. */
  when: 'start' | 'end' | 'always';
}

/** What gates differ by. */
const settingOf = (report: Report, { configuration }: Pick<TrialRow, 'configuration'>) =>
  labelOf(
    configuration,
    report.dimensions.filter((path) => path.startsWith('model.')),
  );
/**
 * One that diverged has no gate at the end of training: a learned one would pass for one that stays as it was given.
 */
const hasGate = (report: Report, { trialId, status }: TrialRow) =>
  status === 'completed' && observationsOf(report.input, trialId, 'gate').length > 0;

/**
 * Gates that differ, each under a label: of every setting of the network one example, the one that runs longest; of
 * every layer, if there are several. A gate that is learned comes twice. Of more than `most`, the best.
 */
export function gatesOf(report: Report, most = Infinity): NamedGate[] {
  const trials = examples(report, (trial) => hasGate(report, trial), most);
  const chosen = new Map<string, ObservationOf<'gate'>[]>();
  for (const trial of trials) {
    const seen = observationsOf(report.input, trial.trialId, 'gate');
    const label = settingOf(report, trial);
    if ((chosen.get(label)?.[0]?.data.t.length ?? 0) < (seen[0]?.data.t.length ?? 0)) chosen.set(label, seen);
  }
  return [...chosen].flatMap(([label, seen]) => {
    const layers = [...new Set(seen.map(({ data }) => data.layer))].sort((a, b) => a - b);
    const pairs = layers.map((layer) => seen.filter(({ data }) => data.layer === layer).map(({ data }) => data));
    const learned = pairs.some((gates) => isLearned(gates[0] as Gate, gates.at(-1) as Gate));
    // Layers whose gates are fixed have the same gate.
    return (learned ? pairs : pairs.slice(0, 1)).flatMap((gates, i): NamedGate[] => {
      const name = oneLine(
        [label, learned && layers.length > 1 ? `layer ${layers[i]}` : ''].filter((part) => part !== '').join(', '),
      );
      const [first, last] = [gates[0] as Gate, gates.at(-1) as Gate];
      return learned
        ? [
            { label: name, gate: first, when: 'start' },
            { label: name, gate: last, when: 'end' },
          ]
        : [{ label: name, gate: last, when: 'always' }];
    });
  });
}

const settings = (report: Report) =>
  new Set(report.trials.filter((trial) => hasGate(report, trial)).map((trial) => settingOf(report, trial))).size;

const NAMES = { phi: 'φ, place in the period', k: 'k, openness of the gate' };
const START = 'k at the start of training';

function data(report: Report): Row[] | undefined {
  const gates = gatesOf(report, MOST_PANELS);
  const labels = distinct(gates, 'label').slice(0, MOST_PANELS);
  if (labels.length === 0) return undefined;
  return gates
    .filter(({ label }) => labels.includes(label))
    .flatMap(({ label, gate: { t, phi, k, low, high }, when }) =>
      t.flatMap((at, i): Row[] => {
        const place = { panel: label, t: at };
        if (when === 'start') return [{ ...place, line: START, value: k[i] as number, low: null, high: null }];
        return [
          { ...place, line: NAMES.phi, value: phi[i] as number, low: null, high: null },
          { ...place, line: NAMES.k, value: k[i] as number, low: low?.[i] ?? null, high: high?.[i] ?? null },
        ];
      }),
    );
}

export const gate: Figure = {
  title: 'The time gate',
  summary: 'φ and k of a phased LSTM against time: when its gate is open',
  caption: (report, rows) =>
    'A unit is updated while its gate is open, and keeps its state while k is 0.' +
    (settings(report) > distinct(rows, 'panel').length ? ` Of ${settings(report)} settings, the best.` : '') +
    (rows.some(({ low }) => low !== null)
      ? ' Where gates are learned, every unit has its own: k is their mean, of one repeat, and the shade spans them all.'
      : ''),
  data,
  spec(rows, _, page) {
    const lines = [NAMES.phi, START, NAMES.k].filter((name) => rows.some(({ line }) => line === name));
    const colours: Record<string, string | undefined> = {
      [NAMES.phi]: ink.axis,
      [START]: series[0]?.light,
      [NAMES.k]: series[1]?.light,
    };
    const patterns: Record<string, readonly number[] | undefined> = {
      [NAMES.phi]: dashes[1],
      [START]: dashes[2],
      [NAMES.k]: dashes[0],
    };
    const legend = {
      orient: 'top',
      title: null,
      symbolType: 'stroke',
      columns: page === 'narrow' ? 1 : 3,
      labelLimit: 240,
    };
    const scaleOf = (of: Record<string, unknown>) => ({ domain: lines, range: lines.map((name) => of[name]) });
    const times = distinct(rows, 't').length;
    const x = {
      field: 't',
      type: 'quantitative',
      title: 'time step t',
      scale: { zero: false, nice: false, padding: 8 },
      axis: { tickMinStep: 1, tickCount: Math.min(times, 13), format: 'd' },
    };
    const y = {
      type: 'quantitative',
      title: null,
      scale: { domain: [0, 1.03] },
      axis: { values: [0, 0.25, 0.5, 0.75, 1], format: '.2~f' },
    };
    const color = { field: 'line', type: 'nominal', scale: scaleOf(colours), legend };
    const tooltip = [
      { field: 'line', title: 'line' },
      { field: 't', title: 't' },
      { field: 'value', title: 'value', format: '.4~f' },
    ];
    return inPanels(distinct(rows, 'panel'), page, {
      encoding: { x },
      layer: [
        {
          // From low to high where units differ, else from zero.
          transform: [
            { filter: { field: 'line', equal: NAMES.k } },
            { calculate: 'isValid(datum.low) ? datum.low : 0', as: 'bottom' },
            { calculate: 'isValid(datum.high) ? datum.high : datum.value', as: 'top' },
          ],
          mark: { type: 'area', color: colours[NAMES.k], opacity: 0.13 },
          encoding: { y: { ...y, field: 'bottom' }, y2: { field: 'top' } },
        },
        {
          mark: { type: 'line', strokeWidth: 2 },
          encoding: {
            y: { ...y, field: 'value' },
            color,
            strokeDash: { field: 'line', type: 'nominal', scale: scaleOf(patterns), legend },
          },
        },
        {
          mark: { type: 'point', filled: true, size: times > MOST_POINTS ? 0 : 28, opacity: 1 },
          encoding: { y: { ...y, field: 'value' }, color, tooltip },
        },
      ],
    });
  },
};
