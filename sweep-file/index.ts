/**
 * A sweep file -> a resolved sweep.
 *
 *   1. read        bytes, within reason, UTF-8
 *   2. JSON        comments allowed; --set applied
 *   3. structure   known keys of the right types, defaults filled in
 *   4. options     of the task, cells and optimizer that the sweep tries
 *   5. space       every path names something, every value is valid there, every condition can come true
 *   6. size        counted, not walked
 *   7. corpora     the texts that it names, read; trials know them by their hash
 *   8. trials      put together and built, to find what only values together get wrong
 *
 * A step that finds problems ends the pipeline, and says all of them.
 */
import { dirname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { MOST_TRIALS } from '../core/form/limits.ts';
import { getPath, setPath, type Json, type JsonObject } from '../core/json.ts';
import { metricOf } from '../core/metrics.ts';
import { countTrials } from '../core/plan.ts';
import { searchOf } from '../core/search/index.ts';
import { kindOf, type Dimension } from '../core/space/index.ts';
import type { SweepSpec } from '../core/spec.ts';
import { readCorpora } from './corpora.ts';
import { parseDimension } from './dimension.ts';
import { explain } from './explain.ts';
import { parseJson } from './json.ts';
import { applyOverrides, overrideAt, type Override } from './overrides.ts';
import { knowing, namesOf, type Parts, type Space } from './paths.ts';
import { listOf, pathText, showArgument, type Problem } from './problem.ts';
import { isModule, readModule } from './module.ts';
import { readText } from './read.ts';
import { sectionNames, sectionSchema, sections, sweepFile, type SectionName, type SweepFile } from './schema.ts';
import { checkScheduler, checkSearch, checkSpace } from './space.ts';
import { checkTrials } from './trials.ts';

export interface SpecOptions {
  /** Overrides, 'path=value' each. */
  set?: readonly string[];
  /** Texts that are known already, by name: they are not read again. */
  texts?: ReadonlyMap<string, string>;
}

/** A resolved sweep with the texts that it refers to, by reference ('sha256:…'). */
export interface Sweep {
  spec: SweepSpec;
  corpora: Map<string, string>;
}

/** Reads and resolves a sweep file; throws a UserError with one line for each problem. */
export async function loadSweep(file: string, { set = [] }: SpecOptions = {}): Promise<Sweep> {
  return parseSweep(await (isModule(file) ? readModule(file) : readText(file)), { origin: file, set });
}

export const loadSpec = async (file: string, options: SpecOptions = {}): Promise<SweepSpec> =>
  (await loadSweep(file, options)).spec;
export const parseSpec = (text: string, options: SpecOptions & { origin: string }): SweepSpec =>
  parseSweep(text, options).spec;

/** The same from text; `origin` is the file it is of: what the lines begin with, and where paths of texts lead from. */
export function parseSweep(
  text: string,
  { origin, set = [], texts = new Map() }: SpecOptions & { origin: string },
): Sweep {
  let overrides: Override[] = [];
  const check = (problems: readonly Problem[]) => {
    const lines = new Set(problems.map((problem) => lineOf(problem, origin, overrides)));
    if (lines.size > 0) throw new UserError([...lines].join('\n'), 2);
  };

  // 2. JSON
  const json = parseJson(text);
  check(json.problems);
  const overridden = applyOverrides('value' in json ? json.value : null, set);
  check(overridden.problems);
  overrides = overridden.overrides;
  const given = withNames(overridden.value);

  // 3. structure
  const parsed = sweepFile.safeParse(given);
  const givenSpace = getPath(given, ['space']);
  const { space, problems } = parseSpace(givenSpace !== undefined && isObject(givenSpace) ? givenSpace : undefined);
  if (!parsed.success) check([...explain(parsed.error, sweepFile, given), ...problems]);
  check(problems);
  // Made of the description that the types are made of, which TypeScript cannot follow.
  const file = parsed.data as unknown as SweepFile;
  const parts = { task: file.task, model: file.model, training: file.training } as Pick<
    SweepSpec,
    'task' | 'model' | 'training'
  > &
    Parts;

  // 4. options
  check(sectionNames.flatMap((name) => checkOptions(name, parts, space)));

  // 5. space
  check(checkSpace(space, givenSpace as JsonObject, parts));
  check(overrides.flatMap(({ path }) => checkEffect(path, space)));
  const named = resolve(file, parts, space);
  check(checkSearch(named));

  // 6. size
  check(checkSize(named));
  check(checkScheduler(named));

  // 7. corpora
  const { spec, corpora, problems: wrongTexts } = readCorpora(named, givenSpace as JsonObject, dirname(origin), texts);
  check(wrongTexts);

  // 8. trials
  check(checkTrials(spec, corpora));
  return { spec, corpora };
}

function resolve(
  file: SweepFile,
  parts: Pick<SweepSpec, 'task' | 'model' | 'training'>,
  space: Record<string, Dimension>,
): SweepSpec {
  const { name, description, sampling, repeats, seed, search, scheduler, resources } = file;
  const { metric, goal = metricOf(metric).goal } = file.objective;
  const { maxConcurrent, wallClock, maxTrials } = file.budget;
  const { figures, reference } = file.report;
  return {
    name,
    description,
    ...parts,
    ...(sampling && { sampling }),
    space,
    repeats,
    seed,
    search,
    scheduler,
    objective: { metric, goal },
    budget: {
      ...(maxConcurrent !== undefined && { maxConcurrent }),
      ...(maxTrials !== undefined && { maxTrials }),
      ...(wallClock !== undefined && { wallClockSeconds: secondsOf(wallClock) }),
    },
    resources,
    report: { ...(figures && { figures }), ...(reference && { reference }) },
  };
}

/** One line: whose value it is (the file's, or an override's), where it stands, what is wrong. */
function lineOf({ path, message }: Problem, origin: string, overrides: readonly Override[]): string {
  const override = path.length > 0 ? overrideAt(overrides, path) : undefined;
  const whose = override ? `--set ${showArgument(override.text)}` : origin;
  if (path.length > 0) return `${whose}: ${pathText(path)}: ${message}`;
  return message.startsWith('--set ') ? message : `${whose}: ${message}`;
}

const isObject = (value: Json): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** A task, cell or optimizer that only the space names is the space's first: no trial has another than the space's. */
function withNames(given: Json): Json {
  if (!isObject(given)) return given;
  let value = given;
  for (const [section, { key, registry }] of Object.entries(sections)) {
    const dimension = getPath(given, ['space', `${section}.${key}`]);
    const values =
      dimension !== undefined && isObject(dimension) && !('when' in dimension) ? dimension['choice'] : dimension;
    if (!Array.isArray(values) || getPath(given, [section, key]) !== undefined) continue;
    const known = Object.keys(registry);
    value = setPath(
      value,
      [section, key],
      values.find((name) => typeof name === 'string' && known.includes(name)) ?? known[0] ?? null,
    );
  }
  return value;
}

/** The dimensions of a space; problems of those that are none. Undefined: the file has no space, said elsewhere. */
function parseSpace(given: JsonObject | undefined): { space: Record<string, Dimension>; problems: Problem[] } {
  const space: Record<string, Dimension> = {};
  const problems: Problem[] = [];
  for (const [path, value] of Object.entries(given ?? {})) {
    const parsed = parseDimension(value, ['space', path]);
    if ('dimension' in parsed) space[path] = parsed.dimension;
    else problems.push(...parsed.problems);
  }
  if (given !== undefined && Object.keys(given).length === 0) {
    problems.push({
      path: ['space'],
      message: '{} is empty; needed: one path or more, such as "model.cell": ["rnn", "lstm"]',
    });
  }
  return { space, problems };
}

/** Options that none of the sweep's names in the section knows, and values that are wrong for those that do. */
function checkOptions(section: SectionName, parts: Parts, space: Space): Problem[] {
  const names = namesOf(section, parts, space);
  const schema = sectionSchema(section, names);
  const parsed = schema.safeParse(getPath(parts, [section]));
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue): Problem[] => {
    if (issue.code !== 'unrecognized_keys')
      return explain(new z.ZodError([issue]), schema, getPath(parts, [section]), [section]);
    return issue.keys.map((option) => ({
      path: [section, option],
      message:
        `an option of ${listOf(knowing(section, option))}, but ${section}.${sections[section].key} is ${listOf(names)}; ` +
        `allowed: ${listOf(Object.keys(schema.shape))}`,
    }));
  });
}

/** An override of a value that the space replaces in every trial would do nothing. */
function checkEffect(path: readonly string[], space: Space): Problem[] {
  const named = path.join('.');
  if (space[named] === undefined || space[named].when !== undefined) return [];
  return [{ path: [...path], message: `has no effect, because space sweeps it; set space.${named} instead` }];
}

/** Counted before anything is walked; a single dimension that is too long even before that. */
function checkSize(spec: SweepSpec): Problem[] {
  const limit = MOST_TRIALS.toLocaleString('en-US');
  const refuse = (path: string[], amount: number, unit: string): Problem[] => {
    const text = amount < 1e15 ? amount.toLocaleString('en-US') : amount.toExponential(1);
    return [{ path, message: `has ${text} ${unit}; allowed: at most ${limit} trials` }];
  };
  if (!searchOf(spec).samples) {
    const long = Object.entries(spec.space).flatMap(([path, dimension]) => {
      const count = kindOf(dimension).count(dimension) ?? 0;
      return count > MOST_TRIALS ? refuse(['space', path], count, 'values') : [];
    });
    if (long.length > 0) return long;
  }
  try {
    const trials = countTrials(spec);
    return trials > MOST_TRIALS ? refuse(['space'], trials, `trials with ${spec.repeats} repeats`) : [];
  } catch (error) {
    if (error instanceof RangeError) return [{ path: ['space'], message: `is too large: ${error.message}` }];
    throw error;
  }
}

function secondsOf(duration: string): number {
  const units: Record<string, number> = { d: 86_400, h: 3600, m: 60, s: 1 };
  return [...duration.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, amount, unit = 's']) => sum + Number(amount) * (units[unit] ?? 1),
    0,
  );
}
