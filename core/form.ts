/** Whether a value has the form of a resolved sweep: what anybody may send to a workflow, which has no zod. */
import { MOST_CONCURRENT } from './control.ts';
import { briefly } from './json.ts';
import type { NumberOption, NumberOptions } from './options.ts';
import { countTrials } from './plan.ts';
import { schedulers } from './schedulers/index.ts';
import { searches, searchOf } from './search/index.ts';
import { dimensions, kindOf, type Dimension, type DimensionKind, type Form as DimensionForm } from './space/index.ts';
import type { SweepSpec } from './spec.ts';

/** What a workflow's history, a report's table and a person's patience can hold. */
export const MOST_TRIALS = 1_000_000;
/** 1,000 repeats narrow an interval to 3 % of one repeat's spread. */
export const MOST_REPEATS = 1000;
export const MOST_STEPS = 100_000_000;
// Far above what such networks can use: they turn a slip of the keyboard into an error, not into a full memory.
export const MOST_UNITS = 16_384;
export const MOST_LAYERS = 64;
export const MOST_BATCH = 65_536;
export const MOST_EVALUATED = 1_000_000;
export const MOST_POINTS = 1000;
/** More than any duration that a sweep file can say: 9,999 days, hours and so on. */
const MOST_SECONDS = 2_000_000_000;

/** What is wrong with a value, in a line that begins with its place; undefined: nothing. */
export type Form = (value: unknown, place: string) => string | undefined;

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);
export const only = (allowed: string, holds: (value: unknown) => boolean): Form => (value, place) =>
  (holds(value) ? undefined : `${place} is ${briefly(value)}; allowed: ${allowed}`);

export const anything: Form = () => undefined;
export const text = only('a text', (value) => typeof value === 'string');
export const flag = only('true or false', (value) => typeof value === 'boolean');
export const number = only('a number', (value) => Number.isFinite(value));
const above0 = only(`a number above 0, at most ${MOST_SECONDS}`, (value) => typeof value === 'number' && value > 0 && value <= MOST_SECONDS);
export const whole = (low = Number.MIN_SAFE_INTEGER, high = Number.MAX_SAFE_INTEGER) =>
  only(`a whole number from ${low} to ${high}`, (value) => Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high);
const oneOf = (names: readonly string[]) => only(names.join(', '), (value) => names.includes(value as string));
export const optional = (form: Form): Form => (value, place) => (value === undefined ? undefined : form(value, place));
const first = <T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
};
const list = (item: Form): Form => (value, place) =>
  (Array.isArray(value) ? first(value.map((one: unknown, i) => [one, i] as const), ([one, i]) => item(one, `${place}[${i}]`)) : `${place} is ${briefly(value)}; allowed: a list`);
const pair = (item: Form): Form => (value, place) => only('two numbers', () => Array.isArray(value) && value.length === 2)(value, place) ?? list(item)(value, place);

/** `others`: what stands under keys that are not known; left out: nothing may. */
export function object(known: Record<string, Form>, others?: Form): Form {
  return (value, place) => {
    const at = (key: string) => `${place === '' ? '' : `${place}.`}${key.slice(0, 80)}`;
    if (!isObject(value)) return `${place || 'the sweep'} is ${briefly(value)}; allowed: an object`;
    const stranger = Object.keys(value).find((key) => !Object.hasOwn(known, key));
    if (stranger !== undefined && others === undefined) return `${at(JSON.stringify(stranger.slice(0, 40)))} is unknown; allowed: ${Object.keys(known).join(', ')}`;
    return first(Object.entries(known), ([key, form]) => form(Object.hasOwn(value, key) ? value[key] : undefined, at(key)))
      ?? first(Object.keys(value).filter((key) => !Object.hasOwn(known, key)), (key) => others?.(value[key], at(key)));
  };
}

function option({ integer, atLeast, atMost, default: fallback, optional: without }: NumberOption): Form {
  const high = atMost ?? Number.MAX_SAFE_INTEGER;
  const form = integer ? whole(atLeast, high) : only(`a number from ${atLeast} to ${high}`, (value) => typeof value === 'number' && value >= atLeast && value <= high);
  return fallback === undefined && without === undefined ? form : optional(form);
}

/** {name, …options} */
function named(registry: Readonly<Record<string, { options: NumberOptions }>>): Form {
  const forms = Object.fromEntries(Object.entries(registry).map(([name, { options }]) => [
    name, object({ name: text, ...Object.fromEntries(Object.entries(options).map(([key, one]) => [key, option(one)])) }),
  ]));
  const name = object({ name: oneOf(Object.keys(registry)) }, anything);
  return (value, place) => name(value, place) ?? forms[(value as { name: string }).name]?.(value, place);
}

const dimensionForms: Record<DimensionForm, Form> = { values: list(anything), number, bounds: pair(number), 'integer bounds': pair(whole()) };

const dimension: Form = (value, place) => {
  const kinds = Object.values(dimensions) as DimensionKind<Dimension>[];
  const kind = isObject(value) ? kinds.find((one) => one.is(value)) : undefined;
  if (kind === undefined) return `${place} is ${briefly(value)}; allowed: a dimension, one of ${Object.keys(dimensions).join(', ')}`;
  const keys = Object.entries<DimensionForm>(kind.form).map(([key, form]) => [key, dimensionForms[form]] as const);
  const problem = object({ ...Object.fromEntries(keys), when: optional(object({}, anything)) })(value, place);
  if (problem !== undefined) return problem;
  const wrong = kind.problem(value as unknown as Dimension);
  return wrong && `${place}: ${wrong}`;
};

/** No name of anything that objects have from birth. */
const isName = (name: string) => /^[A-Za-z]\w{0,79}$/.test(name) && !(name in {});
const isPath = (path: string) => path.split('.').every(isName) && /^(task|model|training)\./.test(path);

const space: Form = (value, place) => object({}, anything)(value, place) ?? first(Object.entries(value as object), ([path, one]) => {
  const here = `${place}[${JSON.stringify(path.slice(0, 80))}]`;
  return isPath(path) ? dimension(one, here) : `${here} names nothing; allowed: a path into task, model or training`;
});

const reference = object({
  source: text,
  points: (value, place) => only(`a list of 1 to ${MOST_POINTS}`, (all) => Array.isArray(all) && all.length >= 1 && all.length <= MOST_POINTS)(value, place)
    ?? list(object({ step: whole(0, MOST_STEPS), accuracy: optional(number), loss: optional(number) }))(value, place),
});

/** Of the sections of a spec and of a trial: `given` where the space may give it. What tasks, cells and optimizers know, they check themselves. */
const sections = (given: (form: Form) => Form) => ({
  task: object({ name: given(text) }, anything),
  model: object({ cell: given(text), hiddenUnits: given(whole(1, MOST_UNITS)), layers: given(whole(1, MOST_LAYERS)) }, anything),
  training: object({
    optimizer: given(text), learningRate: given(only('a number above 0', (value) => Number.isFinite(value) && (value as number) > 0)),
    batchSize: given(whole(1, MOST_BATCH)), maxSteps: whole(1, MOST_STEPS), evaluateEvery: given(whole(1, MOST_STEPS)), evaluationSize: given(whole(1, MOST_EVALUATED)),
    truncate: optional(whole(1, 1_000_000)),
    decay: optional(object({ factor: only('a number above 0, at most 1', (value) => typeof value === 'number' && value > 0 && value <= 1), every: whole(1, MOST_STEPS) })),
    clip: optional(object({ norm: optional(number), value: optional(number) })),
    stopWhen: optional(object({ metric: text, atLeast: optional(number), atMost: optional(number), evaluations: whole(1, 1_000_000) })),
  }, anything),
});

const trialForm = object({ ...sections((form) => form), seed: whole(0, 2 ** 32 - 1) });

/** What keeps a value from being a trial of which a step can be tried, in a line; undefined: nothing. */
export const trialProblem = (value: unknown): string | undefined => trialForm(value, '');

const form = object({
  name: text, description: text, ...sections(optional),
  sampling: optional(object({ temperature: list(above0), length: list(whole(1, 1_000_000)), prompts: list(text), greedy: flag, samples: optional(whole(1, 10_000)) })),
  corpora: optional(object({}, only('a text by its hash', (value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)))),
  space, repeats: whole(1, MOST_REPEATS), seed: whole(0, 2 ** 32 - 1), search: named(searches), scheduler: named(schedulers),
  objective: object({ metric: text, goal: oneOf(['maximize', 'minimize']) }),
  budget: object({ maxConcurrent: optional(whole(1, MOST_CONCURRENT)), wallClockSeconds: optional(above0), maxTrials: optional(whole(1, MOST_TRIALS)) }),
  resources: object({ accelerator: oneOf(['cpu', 'gpu', 'any']) }), report: object({ figures: optional(list(text)), reference: optional(reference) }),
});

/** What keeps a value from being a resolved sweep that can be counted, in a line; undefined: nothing. */
export function formProblem(value: unknown): string | undefined {
  const problem = form(value, '');
  if (problem !== undefined) return problem;
  const spec = value as SweepSpec;
  // Before it is counted: the values that a condition names are gone through one by one.
  const long = Object.entries(spec.space).find(([, one]) => (kindOf(one).count(one) ?? 0) > MOST_TRIALS);
  if (long !== undefined && !searchOf(spec).samples) return `space[${JSON.stringify(long[0].slice(0, 80))}] has too many values; allowed: at most ${MOST_TRIALS}`;
  try {
    const trials = countTrials(spec);
    return trials >= 1 && trials <= MOST_TRIALS ? undefined : `space has ${trials} trials; allowed: 1 to ${MOST_TRIALS}`;
  } catch (error) {
    return `space: ${(error as Error).message}; allowed: 1 to ${MOST_TRIALS} trials`;
  }
}
