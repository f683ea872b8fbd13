/**
 * The file of a sweep whose trials are runs of a program -> a resolved sweep, in the steps of index.ts: structure,
 * space, size, files, and what the sections get wrong together.
 */
import { dirname } from 'node:path';
import { programProblems } from '../core/form/program-problems.ts';
import type { programSweepForm } from '../core/form/program.ts';
import type { ValueOf } from '../core/form/types.ts';
import { getPath, isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { ProgramSweep } from '../core/spec.ts';
import { probes } from './dimension.ts';
import { explain } from './explain.ts';
import { readProgramFiles } from './files.ts';
import type { Override } from './overrides.ts';
import type { Space } from './paths.ts';
import { didYouMean, show, type Problem } from './problem.ts';
import { budgetOf, reportOf } from './resolved.ts';
import { programFile, programTraining } from './schema.ts';
import { checkEffect, checkScheduler, checkSearch, checkSize, checkTogether, parseSpace } from './space.ts';

export interface ProgramSource {
  /** The sweep file: paths lead from its folder. */
  origin: string;
  overrides: readonly Override[];
  /** Files that are known already, by path: none is read. */
  hashes?: Readonly<Record<string, string>> | undefined;
}

type File = ValueOf<typeof programSweepForm, 'file'>;

/** `check` throws what it is given, if that is anything. */
export function resolveProgram(
  given: JsonObject,
  { origin, overrides, hashes: known }: ProgramSource,
  check: (problems: readonly Problem[]) => void,
): { spec: ProgramSweep; files: Map<string, Uint8Array> } {
  const parsed = programFile.safeParse(given);
  const givenSpace = getPath(given, ['space']);
  const { space, problems } = parseSpace(
    givenSpace !== undefined && isJsonObject(givenSpace) ? givenSpace : undefined,
    '"parameters.learningRate": {"logUniform": [0.0001, 0.1]}',
  );
  if (!parsed.success) check([...explain(parsed.error, programFile, given), ...problems]);
  check(problems);
  const file = parsed.data as unknown as File; // made of the description that the type is made of
  const parts = { parameters: file.parameters, training: file.training } as JsonObject;
  check([...checkPaths(space, givenSpace as JsonObject), ...checkTogether(space, parts)]);
  check(overrides.flatMap(({ path }) => checkEffect(path, space)));

  const { files: patterns, ...program } = file.program;
  const named = resolved(file, { ...program, hashes: {} }, space);
  check(checkSearch(named));
  check(checkSize(named));
  check(checkScheduler(named));

  const {
    hashes,
    contents,
    problems: unread,
  } = known === undefined
    ? readProgramFiles(patterns, dirname(origin))
    : { hashes: { ...known }, contents: new Map<string, Uint8Array>(), problems: [] };
  check(unread);
  const spec = resolved(file, { ...program, hashes }, space);
  check([...programProblems(spec), ...checkCommand(spec.program)]);
  return { spec, files: contents };
}

function resolved(file: File, program: ProgramSweep['program'], space: Space): ProgramSweep {
  const { name, description, parameters, training, repeats, seed, search, scheduler, resources } = file;
  const [first = ''] = Object.keys(program.metrics);
  const { metric = first } = file.objective;
  const { goal = (Object.hasOwn(program.metrics, metric) ? program.metrics[metric]?.goal : undefined) ?? 'minimize' } =
    file.objective;
  return {
    name,
    description,
    program,
    parameters: parameters as JsonObject,
    training,
    space: { ...space },
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

const PARAMETER = /^parameters(\.[A-Za-z_]\w{0,79})+$/;
const STEPS = 'training.maxSteps';

/** A program's parameters may be any; of the rest, only how far it is run. */
function checkPaths(space: Space, given: JsonObject): Problem[] {
  return Object.entries(space).flatMap(([path, dimension]): Problem[] => {
    if (PARAMETER.test(path)) return [];
    if (path !== STEPS) {
      const near = didYouMean(path, ['parameters', STEPS]);
      return [
        {
          path: ['space', path],
          message: `names nothing; allowed: a path into parameters, such as "parameters.learningRate", or ${STEPS}${near}`,
        },
      ];
    }
    return probes(dimension, given[path] ?? null).flatMap(([value, below]) => {
      const one = programTraining.shape['maxSteps'] as typeof programTraining;
      const tried = one.safeParse(value);
      return tried.success ? [] : explain(tried.error, one, value as Json, ['space', path, ...below]);
    });
  });
}

/** What is run comes with the program, or is somewhere on the machine. */
function checkCommand({ command: [name = ''], hashes }: ProgramSweep['program']): Problem[] {
  const path = name.replace(/^(\.\/)+/, '');
  if (!name.includes('/') || name.startsWith('/') || Object.hasOwn(hashes, path)) return [];
  return [
    {
      path: ['program', 'command', 0],
      message: `${show(name)} is none of the program's files; allowed: a command of the machine, a full path, or a file that "files" names${didYouMean(path, Object.keys(hashes))}`,
    },
  ];
}
