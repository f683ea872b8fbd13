/** Which trials have tensors of equal shapes: they cost the same, and could be trained side by side. */
import { canonicalJson, type Json } from './json.ts';
import { trialOf } from './plan.ts';
import { grid } from './search/grid.ts';
import { searchOf, type Configuration } from './search/index.ts';
import { applies, orderedSpace } from './search/when.ts';
import { kindOf } from './space/index.ts';
import type { SweepSpec, TrialSpec } from './spec.ts';

/** What of `training` is in a tensor's shape, or in how many there are; of task and model, everything may be. */
const SHAPING = ['optimizer', 'batchSize', 'evaluationSize', 'truncate'];

const isShaping = (path: string): boolean =>
  !/^(training|parameters)\./.test(path) || SHAPING.includes(path.slice('training.'.length));

/** Equal for trials of equal shapes. Nobody knows what of a program's parameters it takes its time for. */
export function shapeKey(trial: TrialSpec): string {
  if (trial.program !== undefined) return canonicalJson(trial.program);
  const { task, model, training } = trial;
  const shaping: Record<string, Json> = {};
  for (const key of SHAPING) if (training[key] !== undefined) shaping[key] = training[key] as Json;
  return canonicalJson({ task, model, training: shaping });
}

/** What of `training` is an input of every step, or is not asked in a step at all. */
const BESIDE_STEPS = ['learningRate', 'decay', 'stopWhen', 'maxSteps', 'evaluateEvery'];

/**
 * Equal for trials that one recorded step serves, alone or as lanes of one pack: they may differ in seed, learning rate
 * and its decay, the numbers of the optimizer, the bound of clipping, and when they are evaluated and end. A program
 * of others trains one trial at a time.
 */
export function programKey(trial: TrialSpec): string {
  if (trial.program !== undefined) return canonicalJson(trial);
  const {
    task,
    model,
    training: { clip, ...training },
  } = trial;
  const fixed = Object.entries(training).filter(
    ([key, value]) =>
      value !== undefined && (SHAPING.includes(key) || (!BESIDE_STEPS.includes(key) && typeof value !== 'number')),
  );
  return canonicalJson({ task, model, training: Object.fromEntries(fixed), clip: Object.keys(clip ?? {}) });
}

export interface ShapeGroup {
  /** The values of the dimensions that shape tensors. */
  values: Configuration;
  key: string;
  trials: number;
  /** One of them. */
  example: TrialSpec;
}

export interface ShapeGroups {
  groups: ShapeGroup[];
  /** False: a space with more cases than `most`, of which the groups show the first. */
  complete: boolean;
}

/** The groups of a sweep's trials in at most `most` steps, whatever the number of trials. */
export function shapeGroups(spec: SweepSpec, most: number): ShapeGroups {
  const { total, at, weight } = spec.search.name === 'grid' ? withoutTheRest(spec) : everyConfiguration(spec);
  const groups = new Map<string, ShapeGroup>();
  for (let i = 0; i < Math.min(total, most); i++) {
    const configuration = at(i);
    const example = trialOf(spec, configuration, 0);
    const key = shapeKey(example);
    const values = Object.fromEntries(Object.entries(configuration).filter(([path]) => isShaping(path)));
    const group = groups.get(key) ?? { values, key, trials: 0, example };
    group.trials += weight(configuration) * spec.repeats;
    groups.set(key, group);
  }
  return { groups: [...groups.values()], complete: total <= most };
}

interface Walk {
  total: number;
  at(index: number): Configuration;
  weight(configuration: Configuration): number;
}

function everyConfiguration(spec: SweepSpec): Walk {
  const search = searchOf(spec);
  return { total: search.count(spec), at: (i) => search.at(spec, i), weight: () => 1 };
}

/** A grid is walked without the dimensions that shape nothing and that no condition names: they only multiply. */
function withoutTheRest(spec: SweepSpec): Walk {
  const space = orderedSpace(spec);
  const named = new Set(space.flatMap(([, { when = {} }]) => Object.keys(when)));
  const stays = (path: string) => isShaping(path) || named.has(path);
  const reduced: SweepSpec = { ...spec, space: Object.fromEntries(space.filter(([path]) => stays(path))) };
  const rest = space.filter(([path]) => !stays(path)).map(([, dimension]) => dimension);
  const countOf = (dimension: (typeof rest)[number]) => kindOf(dimension).count(dimension) ?? 1;
  return {
    total: grid.count(reduced),
    at: (i) => grid.at(reduced, i),
    weight: (chosen) => rest.filter((d) => applies(d, chosen, spec)).reduce((product, d) => product * countOf(d), 1),
  };
}
