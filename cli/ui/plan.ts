/** A plan as lines of a terminal, and as JSON. Pure. */
import { valueText } from '../../core/json.ts';
import { countTrials, dimensionName } from '../../core/plan.ts';
import { kindOf, type Dimension } from '../../core/space/index.ts';
import type { Plan } from '../../orchestrate/plan.ts';
import { spaceCounts } from './space.ts';
import { symbols, type Style } from './style.ts';
import { table } from './table.ts';
import { clean, count, duration, plural, roughly } from './text.ts';

/** Shape groups on the screen; --json has all of them. */
const MOST_LINES = 20;

function dimensionText(dimension: Dimension): string {
  const { when, ...own } = dimension;
  const value =
    'choice' in own
      ? own.choice.map(valueText).join(', ')
      : 'from' in own
        ? `${own.from} to ${own.to} in steps of ${own.step}`
        : Object.entries(own)
            .map(([kind, [low, high]]: [string, [number, number]]) => `${low} to ${high} (${kind})`)
            .join('');
  const conditions = Object.entries(when ?? {}).map(([path, wanted]) => `${path} is ${[wanted].flat().join(' or ')}`);
  const text = clean(conditions.length === 0 ? value : `${value}   where ${conditions.join(' and ')}`);
  return text.length > 90 ? `${text.slice(0, 89)}…` : text;
}

/** '3 results not taken: trained by wasm 4.22.0, not tensorflow 2.21.0 cpu' */
export const otherResultsLines = ({
  passedOver,
  mixed,
  notes = [],
}: Pick<Plan, 'passedOver' | 'mixed' | 'notes'>): string[] => [
  ...notes,
  ...Object.entries(passedOver).map(([why, n]) => `${plural(n, 'result')} not taken: ${why}`),
  ...Object.entries(mixed).map(
    ([why, n]) =>
      `${plural(n, 'result')} of this sweep kept among the new ones: ${why}; another --id would train all alike`,
  ),
];

/** `command` starts it. */
export function planLines(plan: Plan, command: string, style: Style): string[] {
  const { spec, trials, cached, groups, complete, slots, seconds } = plan;
  const { dot, ellipsis } = symbols(style);
  const counts = spaceCounts(spec, style);
  const inTheFirst = cached.of < trials ? ` in the first ${count(cached.of)}` : '';
  const values = Object.entries(spec.space).map(([path, dimension]) => [path, dimensionText(dimension)]);
  const shown = groups.slice(0, MOST_LINES).map(({ values: v, trials: n, seconds: s }) => {
    const words = Object.entries(v).map(([path, x]) =>
      typeof x === 'string' ? clean(x) : `${dimensionName(path)} ${valueText(x)}`,
    );
    const time = s === undefined ? 'never timed here' : `${duration(s)} each`;
    return [words.length === 0 ? 'all trials' : words.join(' '), plural(n, 'trial'), time];
  });
  const more = groups.length > shown.length ? [`    ${ellipsis} ${count(groups.length - shown.length)} more`] : [];
  const time =
    seconds === undefined
      ? 'unknown until the first trials have run'
      : seconds === 0
        ? 'nothing left to train'
        : roughly(seconds);
  return [
    style.bold(clean(spec.name)) + (spec.description === '' ? '' : ` ${dot} ${clean(spec.description)}`),
    `  ${plural(trials, 'trial')}${counts === '' ? '' : ` (${counts})`}, ${count(cached.trials)} of them cached${inTheFirst}`,
    ...otherResultsLines(plan).map((line) => `  ${line}`),
    ...(trials < countTrials(spec)
      ? [`  the first ${count(trials)} of ${count(countTrials(spec))}: budget.maxTrials`]
      : []),
    '',
    ...table(values).map((line) => `    ${line}`),
    '',
    `  ${complete ? '' : 'more than '}${plural(groups.length, 'shape group')}`,
    ...table(shown, { sides: ['left', 'right', 'right'] }).map((line) => `    ${line}`),
    ...more,
    '',
    `  Time   ${time} ${dot} ${plural(slots, 'slot')}`,
    `  Sweep  ${plan.sweepId}`,
    '',
    `Nothing was started. To start it: ${command}`,
  ];
}

export function planJson({ spec, groups, seconds, ...plan }: Plan) {
  return {
    ...plan,
    name: spec.name,
    repeats: spec.repeats,
    dimensions: Object.entries(spec.space).map(([path, d]) => ({ path, ...d, values: kindOf(d).count(d) ?? null })),
    groups: groups.map(({ values, trials, seconds: each }) => ({ values, trials, secondsEach: each ?? null })),
    seconds: seconds ?? null,
    spec,
  };
}
