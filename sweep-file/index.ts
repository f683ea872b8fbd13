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
 * A file with a program goes another way from 3 on (program.ts).
 * A step that finds problems ends the pipeline, and says all of them.
 */
import { dirname } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { getPath, isJsonObject, setPath, type Json, type JsonObject } from '../core/json.ts';
import { metricOf } from '../core/metrics.ts';
import type { Dimension } from '../core/space/index.ts';
import type { NetworkSweep, SweepSpec } from '../core/spec.ts';
import { readCorpora } from './corpora.ts';
import { explain } from './explain.ts';
import { parseJson } from './json.ts';
import { applyOverrides, overrideAt, type Override } from './overrides.ts';
import { knowing, namesOf, type Parts, type Space } from './paths.ts';
import { listOf, pathText, showArgument, type Problem } from './problem.ts';
import { isModule, readModule } from './module.ts';
import { resolveProgram } from './program.ts';
import { readText } from './read.ts';
import { budgetOf, reportOf } from './resolved.ts';
import { sectionNames, sectionSchema, sections, sweepFile, type SectionName, type SweepFile } from './schema.ts';
import { checkEffect, checkScheduler, checkSearch, checkSize, checkSpace, parseSpace } from './space.ts';
import { checkTrials } from './trials.ts';

export interface SpecOptions {
  /** Overrides, 'path=value' each. */
  set?: readonly string[];
  /** Texts that are known already, by name: they are not read again. */
  texts?: ReadonlyMap<string, string>;
  /** Files of a program that are known already, by path: they are not read again. */
  hashes?: Readonly<Record<string, string>> | undefined;
}

/** A resolved sweep with the texts that it refers to, and the files of its program, by reference ('sha256:…'). */
export interface Sweep {
  spec: SweepSpec;
  corpora: Map<string, string>;
  files: Map<string, Uint8Array>;
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
  { origin, set = [], texts = new Map(), hashes }: SpecOptions & { origin: string },
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
  if (isJsonObject(overridden.value) && 'program' in overridden.value) {
    const { spec, files } = resolveProgram(overridden.value, { origin, overrides, hashes }, check);
    return { spec, corpora: new Map(), files };
  }
  const given = withNames(overridden.value);

  // 3. structure
  const parsed = sweepFile.safeParse(given);
  const givenSpace = getPath(given, ['space']);
  const { space, problems } = parseSpace(givenSpace !== undefined && isJsonObject(givenSpace) ? givenSpace : undefined);
  if (!parsed.success) check([...explain(parsed.error, sweepFile, given), ...problems]);
  check(problems);
  // Made of the description that the types are made of, which TypeScript cannot follow.
  const file = parsed.data as unknown as SweepFile;
  const parts = { task: file.task, model: file.model, training: file.training } as Pick<
    NetworkSweep,
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
  return { spec, corpora, files: new Map() };
}

function resolve(
  file: SweepFile,
  parts: Pick<NetworkSweep, 'task' | 'model' | 'training'>,
  space: Record<string, Dimension>,
): NetworkSweep {
  const { name, description, sampling, repeats, seed, search, scheduler, resources } = file;
  const { metric, goal = metricOf(metric).goal } = file.objective;
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
    budget: budgetOf(file.budget),
    resources,
    report: reportOf(file.report),
  };
}

/** One line: whose value it is (the file's, or an override's), where it stands, what is wrong. */
function lineOf({ path, message }: Problem, origin: string, overrides: readonly Override[]): string {
  const override = path.length > 0 ? overrideAt(overrides, path) : undefined;
  const whose = override ? `--set ${showArgument(override.text)}` : origin;
  if (path.length > 0) return `${whose}: ${pathText(path)}: ${message}`;
  return message.startsWith('--set ') ? message : `${whose}: ${message}`;
}

/** A task, cell or optimizer that only the space names is the space's first: no trial has another than the space's. */
function withNames(given: Json): Json {
  if (!isJsonObject(given)) return given;
  let value = given;
  for (const [section, { key, registry }] of Object.entries(sections)) {
    const dimension = getPath(given, ['space', `${section}.${key}`]);
    const values =
      dimension !== undefined && isJsonObject(dimension) && !('when' in dimension) ? dimension['choice'] : dimension;
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
