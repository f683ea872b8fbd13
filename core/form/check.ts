/**
 * Whether a value is a resolved sweep: what anybody may send to a workflow or write into a run folder. No zod, so that
 * workflows can ask.
 */
import { briefly } from '../json.ts';
import type { NumberOption, NumberOptions } from '../options.ts';
import { countTrials } from '../plan.ts';
import { schedulers } from '../schedulers/index.ts';
import { searches, searchOf } from '../search/index.ts';
import { dimensions, kindOf, type Dimension, type DimensionKind, type Form as DimensionForm } from '../space/index.ts';
import type { SweepSpec } from '../spec.ts';
import { MOST_TRIALS } from './limits.ts';
import { programProblems } from './program-problems.ts';
import { programForms, programSweepForm } from './program.ts';
import { sweepForm } from './sweep.ts';
import type { Form, ObjectForm, RecordForm } from './types.ts';

/** What is wrong with a value, in a line that begins with its place; undefined: nothing. */
export type Check = (value: unknown, place: string) => string | undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const first = <T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
};
const refused = (value: unknown, place: string, allowed: string) =>
  `${place || 'the sweep'} is ${briefly(value)}; allowed: ${allowed}`;
const only =
  (allowed: string, holds: (value: unknown) => boolean): Check =>
  (value, place) =>
    holds(value) ? undefined : refused(value, place, allowed);
const below = (place: string, key: string) => `${place === '' ? '' : `${place}.`}${key.slice(0, 80)}`;

interface Bounds {
  integer?: boolean;
  atLeast?: number;
  above?: number;
  atMost?: number;
}
function numberCheck({ integer = false, atLeast, above, atMost }: Bounds): Check {
  const low = atLeast ?? (integer ? Number.MIN_SAFE_INTEGER : -Infinity);
  const high = atMost ?? (integer ? Number.MAX_SAFE_INTEGER : Infinity);
  const bounds = [
    ...(above !== undefined ? [`above ${above}`] : []),
    ...(low > -Infinity && high < Infinity ? [`from ${low} to ${high}`] : []),
    ...(low > -Infinity && high === Infinity ? [`of ${low} or more`] : []),
    ...(low === -Infinity && high < Infinity ? [`at most ${high}`] : []),
  ];
  return only(
    [integer ? 'a whole number' : 'a number', bounds.join(', ')].join(' ').trimEnd(),
    (value) =>
      typeof value === 'number' &&
      (integer ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
      value >= low &&
      value <= high &&
      (above === undefined || value > above),
  );
}

function listCheck(of: Check, least = 0, most = Infinity): Check {
  const many = most < Infinity ? ` of ${least} to ${most} values` : least > 0 ? ` of ${least} or more` : '';
  return (value, place) => {
    if (!Array.isArray(value) || value.length < least || value.length > most)
      return refused(value, place, `a list${many}`);
    return first(
      value.map((one: unknown, i) => [one, i] as const),
      ([one, i]) => of(one, `${place}[${i}]`),
    );
  };
}

/** `others`: may have keys that are not known. */
function objectCheck(
  known: Readonly<Record<string, Check>>,
  { others, exactlyOne }: Pick<ObjectForm, 'others' | 'exactlyOne'> = {},
): Check {
  return (value, place) => {
    if (!isObject(value)) return refused(value, place, 'an object');
    const stranger = others ? undefined : Object.keys(value).find((key) => !Object.hasOwn(known, key));
    if (stranger !== undefined)
      return `${below(place, JSON.stringify(stranger.slice(0, 40)))} is unknown; allowed: ${Object.keys(known).join(', ')}`;
    if (exactlyOne && exactlyOne.filter((key) => Object.hasOwn(value, key)).length !== 1)
      return `${place} is ${briefly(value)}; allowed: one of the keys ${exactlyOne.join(', ')}`;
    return first(Object.entries(known), ([key, check]) =>
      check(Object.hasOwn(value, key) ? value[key] : undefined, below(place, key)),
    );
  };
}

const anything: Check = () => undefined;
const record =
  (of: Check, keys?: RecordForm['keys']): Check =>
  (value, place) =>
    objectCheck({}, { others: true })(value, place) ??
    first(Object.entries(value as object), ([key, one]) => {
      const isAllowed = keys === undefined || (new RegExp(keys.pattern).test(key) && !(key in {}));
      return isAllowed
        ? of(one, below(place, key))
        : `${below(place, JSON.stringify(key.slice(0, 40)))} is not allowed as a key; allowed: ${keys.allowed}`;
    });
const optional =
  (check: Check): Check =>
  (value, place) =>
    value === undefined ? undefined : check(value, place);

function option({ default: fallback, optional: without, ...number }: NumberOption): Check {
  const check = numberCheck(number);
  return fallback === undefined && without === undefined ? check : optional(check);
}

/** {name, …options} */
function entryCheck(registry: 'searches' | 'schedulers'): Check {
  const entries: Readonly<Record<string, { options: NumberOptions }>> = registry === 'searches' ? searches : schedulers;
  const checks = Object.fromEntries(
    Object.entries(entries).map(([name, { options }]) => [
      name,
      objectCheck({
        name: anything,
        ...Object.fromEntries(Object.entries(options).map(([key, one]) => [key, option(one)])),
      }),
    ]),
  );
  const names = Object.keys(entries);
  const name = objectCheck(
    { name: only(names.join(', '), (value) => names.includes(value as string)) },
    { others: true },
  );
  return (value, place) => name(value, place) ?? checks[(value as { name: string }).name]?.(value, place);
}

const pair =
  (of: Check): Check =>
  (value, place) =>
    only('two numbers', () => Array.isArray(value) && value.length === 2)(value, place) ?? listCheck(of)(value, place);
const number = numberCheck({});
const dimensionChecks: Record<DimensionForm, Check> = {
  values: listCheck(anything),
  number,
  bounds: pair(number),
  'integer bounds': pair(numberCheck({ integer: true })),
};

const dimension: Check = (value, place) => {
  const kinds = Object.values(dimensions) as DimensionKind<Dimension>[];
  const kind = isObject(value) ? kinds.find((one) => one.is(value)) : undefined;
  if (kind === undefined) return refused(value, place, `a dimension, one of ${Object.keys(dimensions).join(', ')}`);
  const keys = Object.entries<DimensionForm>(kind.form).map(([key, form]) => [key, dimensionChecks[form]] as const);
  const problem = objectCheck({ ...Object.fromEntries(keys), when: optional(record(anything)) })(value, place);
  if (problem !== undefined) return problem;
  const wrong = kind.problem(value as unknown as Dimension);
  return wrong && `${place}: ${wrong}`;
};

/** No name of anything that objects have from birth. */
const isName = (name: string) => /^[A-Za-z]\w{0,79}$/.test(name) && !(name in {});
const orOf = (names: readonly string[]) => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const space =
  (into: readonly string[]): Check =>
  (value, place) =>
    objectCheck({}, { others: true })(value, place) ??
    first(Object.entries(value as object), ([path, one]) => {
      const here = `${place}[${JSON.stringify(path.slice(0, 80))}]`;
      const [section = '', ...below] = path.split('.');
      return into.includes(section) && below.length > 0 && below.every(isName)
        ? dimension(one, here)
        : `${here} names nothing; allowed: a path into ${orOf(into)}`;
    });

/** The check of what a form describes. */
export function checkOf(form: Form): Check {
  switch (form.is) {
    case 'text': {
      const pattern = new RegExp(form.pattern ?? '');
      return only(form.allowed ?? 'a text', (value) => typeof value === 'string' && pattern.test(value));
    }
    case 'name':
      return only('a text', (value) => typeof value === 'string'); // core does not know these registries
    case 'number':
      return numberCheck(form);
    case 'flag':
      return only('true or false', (value) => typeof value === 'boolean');
    case 'choice':
      return only(form.of.join(', '), (value) => form.of.includes(value as string));
    case 'list':
      return listCheck(checkOf(form.of), form.least, form.most);
    case 'record':
      return record(checkOf(form.of), form.keys);
    case 'entry':
      return entryCheck(form.of);
    case 'space':
      return space(form.into);
    case 'any':
      return (value, place) => (value === undefined ? refused(value, place, 'a value') : undefined);
    case 'object': {
      const keys = Object.entries(form.keys).filter(([, one]) => one.only !== 'file');
      return objectCheck(
        Object.fromEntries(
          keys.map(([key, one]) => [key, one.optional === true ? optional(checkOf(one)) : checkOf(one)]),
        ),
        form,
      );
    }
  }
}

const isOfProgram = (value: unknown) => isObject(value) && value['program'] !== undefined;

/** What keeps a value from being a trial of which a step can be tried, in a line; undefined: nothing. */
export const trialProblem = (value: unknown): string | undefined =>
  isOfProgram(value) ? programTrialCheck(value, '') : trialCheck(value, '');

const { task, model, training, seed } = sweepForm.keys;
const trialCheck = checkOf({ is: 'object', keys: { task, model, training, seed } });
const check = checkOf(sweepForm);

const { metrics, command, environment, read, seedAs, stepsAs, arguments: style } = programForms.program;
const programTrialCheck = checkOf({
  is: 'object',
  keys: {
    program: {
      is: 'object',
      keys: {
        ...{ command, environment, read, seedAs, stepsAs, arguments: style },
        files: { is: 'text', pattern: '^[0-9a-f]{64}$', allowed: 'the hash of its files' },
        metrics: { is: 'list', of: { is: 'text', ...metrics.keys } },
      },
    },
    parameters: programSweepForm.keys.parameters,
    training: { is: 'object', keys: { maxSteps: programForms.training.maxSteps } },
    seed,
  },
});
const programCheck = checkOf(programSweepForm);

/** What keeps a value from being a resolved sweep that can be counted, in a line; undefined: nothing. */
export function formProblem(value: unknown): string | undefined {
  const problem = isOfProgram(value) ? programCheck(value, '') : check(value, '');
  if (problem !== undefined) return problem;
  const spec = value as SweepSpec;
  const [wrong] = spec.program === undefined ? [] : programProblems(spec);
  if (wrong !== undefined) return `${wrong.path.join('.')} ${wrong.message}`;
  // Before it is counted: the values that a condition names are gone through one by one.
  const long = Object.entries(spec.space).find(([, one]) => (kindOf(one).count(one) ?? 0) > MOST_TRIALS);
  if (long !== undefined && !searchOf(spec).samples)
    return `space[${JSON.stringify(long[0].slice(0, 80))}] has too many values; allowed: at most ${MOST_TRIALS}`;
  try {
    const trials = countTrials(spec);
    return trials >= 1 && trials <= MOST_TRIALS
      ? undefined
      : `space has ${trials} trials; allowed: 1 to ${MOST_TRIALS}`;
  } catch (error) {
    return `space: ${(error as Error).message}; allowed: 1 to ${MOST_TRIALS} trials`;
  }
}
