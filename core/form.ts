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
/** More than any duration that a sweep file can say: 9,999 days, hours and so on. */
const MOST_SECONDS = 2_000_000_000;

/** What is wrong with a value, in a line that begins with its place; undefined: nothing. */
type Form = (value: unknown, place: string) => string | undefined;

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);
const only = (allowed: string, holds: (value: unknown) => boolean): Form => (value, place) => (holds(value) ? undefined : `${place} is ${briefly(value)}; allowed: ${allowed}`);

const anything: Form = () => undefined;
const text = only('a text', (value) => typeof value === 'string');
const flag = only('true or false', (value) => typeof value === 'boolean');
const number = only('a number', (value) => Number.isFinite(value));
const above0 = only(`a number above 0, at most ${MOST_SECONDS}`, (value) => typeof value === 'number' && value > 0 && value <= MOST_SECONDS);
const whole = (low = Number.MIN_SAFE_INTEGER, high = Number.MAX_SAFE_INTEGER) =>
  only(`a whole number from ${low} to ${high}`, (value) => Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high);
const oneOf = (names: readonly string[]) => only(names.join(', '), (value) => names.includes(value as string));
const optional = (form: Form): Form => (value, place) => (value === undefined ? undefined : form(value, place));
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
function object(known: Record<string, Form>, others?: Form): Form {
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

const space: Form = (value, place) => object({}, anything)(value, place)
  ?? first(Object.entries(value as object), ([path, one]) => dimension(one, `${place}[${JSON.stringify(path.slice(0, 80))}]`));

const form = object({
  name: text, description: text, task: object({ name: text }, anything), model: object({}, anything),
  training: object({
    maxSteps: whole(1, MOST_STEPS),
    stopWhen: optional(object({ metric: text, atLeast: optional(number), atMost: optional(number), evaluations: whole(1, 1_000_000) })),
  }, anything),
  sampling: optional(object({ temperature: list(above0), length: list(whole(1, 1_000_000)), prompts: list(text), greedy: flag, samples: optional(whole(1, 10_000)) })),
  corpora: optional(object({}, text)),
  space, repeats: whole(1, MOST_REPEATS), seed: whole(0, 2 ** 32 - 1), search: named(searches), scheduler: named(schedulers),
  objective: object({ metric: text, goal: oneOf(['maximize', 'minimize']) }),
  budget: object({ maxConcurrent: optional(whole(1, MOST_CONCURRENT)), wallClockSeconds: optional(above0), maxTrials: optional(whole(1, MOST_TRIALS)) }),
  resources: object({ accelerator: oneOf(['cpu', 'gpu', 'any']) }), report: object({ figures: optional(list(text)) }),
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
