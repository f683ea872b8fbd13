/** From a resolved spec and an index to a trial: no list of trials is ever kept or sent. */
import { dropPath, getPath, hashJson, setPath, valueText, type JsonObject } from './json.ts';
import type { Lane } from './results.ts';
import { schedulerOf } from './schedulers/index.ts';
import { searchOf, type Configuration } from './search/index.ts';
import type {
  NetworkSweep,
  NetworkTrial,
  ProgramSpec,
  ProgramSweep,
  ProgramTrial,
  SweepSpec,
  TrialSpec,
} from './spec.ts';
import { deriveSeed, trialId } from './trial.ts';

/** The option by which a task names a text. */
const CORPUS = ['task', 'corpus'];

export interface PlannedTrial<T extends TrialSpec = TrialSpec> extends Lane {
  trial: T;
  configuration: Configuration;
}

/** What a trial of a sweep is. */
export type TrialOf<S extends SweepSpec> = S extends NetworkSweep ? NetworkTrial : ProgramTrial;

/** `<name>-<8 hex>`: the same spec is the same sweep, and so its workflow's id and its run folder. */
export function sweepId(spec: SweepSpec): string {
  return `${spec.name}-${hashJson(spec).slice(0, 8)}`;
}

export function countTrials(spec: SweepSpec): number {
  return searchOf(spec).count(spec) * spec.repeats;
}

/**
 * Whether the order in which results arrive may change what is trained; if not, every trial is known from the spec
 * alone.
 */
export function isAdaptive(spec: SweepSpec): boolean {
  return !schedulerOf(spec).wholeTrials || searchOf(spec).suggest !== undefined;
}

/** How many trials the budget allows: the first ones, and of an adaptive sweep whole configurations, at least one. */
export function countWithin(spec: SweepSpec): number {
  const most = Math.min(countTrials(spec), spec.budget.maxTrials ?? Infinity);
  return isAdaptive(spec) ? Math.max(1, Math.floor(most / spec.repeats)) * spec.repeats : most;
}

/**
 * Trial `index` of the sweep: repeats of a configuration are neighbours. A repeat has the same seed in every
 * configuration, so that configurations are compared on the same draws.
 */
export function trialAt<S extends SweepSpec>(spec: S, index: number): PlannedTrial<TrialOf<S>> {
  return plannedTrial(spec, searchOf(spec).at(spec, Math.floor(index / spec.repeats)), index);
}

/** Trial `index` of a sweep whose search has chosen this configuration for it. */
export function plannedTrial<S extends SweepSpec>(
  spec: S,
  configuration: Configuration,
  index: number,
): PlannedTrial<TrialOf<S>> {
  const repeat = index % spec.repeats;
  const trial = trialOf(spec, configuration, repeat);
  return { index, repeat, configuration, trial, trialId: trialId(trial), label: labelOf(configuration, repeat) };
}

/** What a search that learns has chosen, by configuration: the spec alone does not say. */
export type Suggestions = ReadonlyMap<number, Configuration>;

/**
 * Trial `index` of a sweep whose search learns, and so has these; undefined: it has not chosen it yet. Any other
 * search: as trialAt.
 */
function trialWith(spec: SweepSpec, index: number, suggestions?: Suggestions): PlannedTrial | undefined {
  if (suggestions === undefined) return trialAt(spec, index);
  const configuration = suggestions.get(Math.floor(index / spec.repeats));
  return configuration && plannedTrial(spec, configuration, index);
}

/**
 * The first trials of the plan in its order, all of them if it is not said how many; of a search that learns, those
 * that it has chosen. One after the other: memory does not grow with their number.
 */
export function* plannedTrials(
  spec: SweepSpec,
  suggestions?: Suggestions,
  most = countTrials(spec),
): Generator<PlannedTrial> {
  for (let index = 0; index < most; index++) {
    const trial = trialWith(spec, index, suggestions);
    if (trial !== undefined) yield trial;
  }
}

/**
 * The spec's sections with the configuration's values in place (null: left out), texts by their hash, and the repeat's
 * seed.
 */
export function trialOf<S extends SweepSpec>(spec: S, configuration: Configuration, repeat: number): TrialOf<S> {
  const trial =
    spec.program === undefined ? networkTrial(spec, configuration, repeat) : programTrial(spec, configuration, repeat);
  return trial as TrialOf<S>;
}

function withValues(parts: JsonObject, configuration: Configuration): JsonObject {
  return Object.entries(configuration).reduce((all, [path, value]) => {
    const keys = path.split('.');
    return value === null ? dropPath(all, keys) : setPath(all, keys, value);
  }, parts);
}

const seedOf = (spec: SweepSpec, repeat: number) => deriveSeed(spec.seed, 'repeat', repeat);

function networkTrial(spec: NetworkSweep, configuration: Configuration, repeat: number): TrialSpec {
  const { task, model, training } = spec;
  let parts = withValues({ task, model, training: training as JsonObject }, configuration);
  const corpus = getPath(parts, CORPUS);
  const reference = getPath(spec.corpora ?? {}, [String(corpus)]);
  if (reference !== undefined) parts = setPath(parts, CORPUS, reference);
  return { ...parts, seed: seedOf(spec, repeat) } as unknown as NetworkTrial;
}

function programTrial(spec: ProgramSweep, configuration: Configuration, repeat: number): ProgramTrial {
  const { maxSteps } = spec.training;
  const parts = withValues({ parameters: spec.parameters, training: { maxSteps } }, configuration);
  return { program: decidingOf(spec.program), ...parts, seed: seedOf(spec, repeat) } as ProgramTrial;
}

/** What of a program decides what its trials come to. */
export function decidingOf(program: ProgramSpec): ProgramTrial['program'] {
  const { command, arguments: style, hashes, environment, metrics, read, seedAs, stepsAs } = program;
  return {
    command,
    arguments: style,
    files: hashJson(hashes),
    environment,
    metrics: Object.keys(metrics).sort(),
    ...(read !== undefined && { read }),
    ...(seedAs !== undefined && { seedAs }),
    ...(stepsAs !== undefined && { stepsAs }),
  };
}

/** 'training.learningRate' -> 'learning rate'. */
export function dimensionName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
}

/** One line that a person recognises a configuration by: 'lstm length 20 learning rate 0.001'. */
export function nameOf(configuration: Configuration): string {
  return Object.entries(configuration)
    .map(([path, value]) => (typeof value === 'string' ? value : `${dimensionName(path)} ${valueText(value)}`))
    .join(' ');
}

/** The same of a trial: 'lstm length 20 learning rate 0.001 seed 2'. */
export function labelOf(configuration: Configuration, repeat: number): string {
  const name = nameOf(configuration);
  return `${name}${name === '' ? '' : ' '}seed ${repeat + 1}`;
}
