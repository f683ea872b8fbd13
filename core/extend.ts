/** Whether one spec extends another: every trial of the old one is in the new one, or goes on in it to more steps. */
import { canonicalJson, type Json } from './json.ts';
import { searchOf } from './search/index.ts';
import { kindOf, type Dimension } from './space/index.ts';
import type { StopRule, SweepSpec } from './spec.ts';

/** More values than this are not looked at one by one. */
const MOST_VALUES = 100_000;

const same = (a: unknown, b: unknown) => canonicalJson(a ?? null) === canonicalJson(b ?? null);
/** A value is cut where it is long: it may be anything that somebody has sent. */
const MOST_SHOWN = 200;
const cut = (text: string) => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
const shown = (value: unknown) => (value === undefined ? 'nothing' : cut(canonicalJson(value)));

function valuesOf(dimension: Dimension): string[] | undefined {
  const kind = kindOf(dimension);
  const count = kind.count(dimension);
  return count === undefined || count > MOST_VALUES
    ? undefined
    : Array.from({ length: count }, (_, i) => canonicalJson(kind.at(dimension, i)));
}

/** What keeps the new dimension from having all that the old one has. */
function dimensionProblem(path: string, before: Dimension, after: Dimension | undefined): string | undefined {
  if (after === undefined) return `space["${path}"] is gone; an extension only adds`;
  if (same(before, after)) return undefined;
  if (!same(before.when, after.when))
    return `space["${path}"] applies when ${shown(after.when)}; allowed: ${shown(before.when)}, as before`;
  const [had, has] = [valuesOf(before), valuesOf(after)];
  if (had === undefined || has === undefined)
    return `space["${path}"] is now ${shown(after)}; allowed: ${shown(before)}, as before`;
  const lacks = had.find((value) => !has.includes(value));
  return lacks === undefined
    ? undefined
    : `space["${path}"] lacks ${lacks}, which the sweep has; an extension only adds`;
}

/** A rule that is met no earlier than the old one; none is met never. */
function stopsNoEarlier(before: StopRule | undefined, after: StopRule | undefined): boolean {
  if (after === undefined) return true;
  if (before === undefined || before.metric !== after.metric || after.evaluations < before.evaluations) return false;
  const { atLeast = -Infinity, atMost = Infinity } = before;
  return (after.atLeast ?? -Infinity) >= atLeast && (after.atMost ?? Infinity) <= atMost;
}

function trainingProblem({ training: before }: SweepSpec, { training: after }: SweepSpec): string | undefined {
  const { maxSteps, stopWhen, ...others } = after;
  if (maxSteps < before.maxSteps)
    return `training.maxSteps ${maxSteps} is less than the sweep has; allowed: ${before.maxSteps} or more`;
  if (!stopsNoEarlier(before.stopWhen, stopWhen)) {
    return `training.stopWhen ${shown(stopWhen)} may end trials earlier than ${shown(before.stopWhen)} does; allowed: one that ends them no earlier`;
  }
  const { maxSteps: _, stopWhen: __, ...known } = before;
  return same(others, known) ? undefined : changed('training', known, others);
}

/** 'task.length 12 …': the first value that differs. */
function changed(section: string, before: unknown, after: unknown): string {
  const [a, b] = [before, after].map((value) => new Map(Object.entries(value ?? {}))) as [
    Map<string, Json>,
    Map<string, Json>,
  ];
  const key = [...a.keys(), ...b.keys()].find((name) => !same(a.get(name), b.get(name))) ?? '';
  return `${section}.${cut(key)} is now ${shown(b.get(key))}; allowed: ${shown(a.get(key))}, as before; for another, start another sweep`;
}

/** Options of a search or a scheduler that may only grow. */
const GROWING = ['trials'];

function optionsProblem(section: 'search' | 'scheduler', before: SweepSpec, after: SweepSpec): string | undefined {
  const [old, now] = [before[section], after[section]];
  for (const key of GROWING) {
    if (Number(now[key]) < Number(old[key]))
      return `${section}.${key} ${shown(now[key])} is less than the sweep has; allowed: ${shown(old[key])} or more`;
  }
  const fixed = (options: object) =>
    Object.fromEntries(Object.entries(options).filter(([key]) => !GROWING.includes(key)));
  return same(fixed(old), fixed(now)) ? undefined : changed(section, fixed(old), fixed(now));
}

/** Why the new spec is no extension of the old one, in a line; undefined if it is. */
export function extensionProblem(before: SweepSpec, after: SweepSpec): string | undefined {
  if (same(before, after))
    return 'nothing is new; allowed: more values, repeats, trials or steps, as in --set repeats=5';
  for (const section of ['task', 'model', 'objective'] as const)
    if (!same(before[section], after[section])) return changed(section, before[section], after[section]);
  for (const key of ['name', 'seed'] as const)
    if (before[key] !== after[key])
      return `${key} is now ${shown(after[key])}; allowed: ${shown(before[key])}, as before`;
  if (after.repeats < before.repeats)
    return `repeats ${after.repeats} is less than the sweep has; allowed: ${before.repeats} or more`;
  const text = Object.keys(before.corpora ?? {}).find((name) => before.corpora?.[name] !== after.corpora?.[name]);
  if (text !== undefined)
    return `corpora["${cut(text)}"] is now ${shown(after.corpora?.[text])}; allowed: ${shown(before.corpora?.[text])}, as before`;
  const problem =
    trainingProblem(before, after) ??
    optionsProblem('search', before, after) ??
    optionsProblem('scheduler', before, after);
  if (problem !== undefined) return problem;
  const { maxTrials = Infinity } = after.budget;
  if (maxTrials < (before.budget.maxTrials ?? Infinity))
    return `budget.maxTrials ${maxTrials} is less than the sweep has; allowed: ${before.budget.maxTrials ?? 'none'} or more`;
  // Draws of a sampling search depend on the whole space: other values would give other trials.
  if (searchOf(before).samples && !same(before.space, after.space)) {
    return `space is drawn from by the ${before.search.name} search, so other values would give other trials; allowed: as before, with more search.trials`;
  }
  for (const [path, dimension] of Object.entries(before.space)) {
    const found = dimensionProblem(path, dimension, after.space[path]);
    if (found !== undefined) return found;
  }
  const added = Object.keys(after.space).find((path) => !Object.hasOwn(before.space, path));
  return added === undefined
    ? undefined
    : `space["${cut(added)}"] is a dimension that the sweep does not have; allowed: more values of ${Object.keys(before.space).join(', ')}`;
}
