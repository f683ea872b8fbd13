/** What is wrong with a program's sections together, each of the right form. */
import { getPath } from '../json.ts';
import type { ProgramSweep } from '../spec.ts';

export interface PlacedProblem {
  path: string[];
  message: string;
}

/** What a line of its metrics has beside them. */
const RESERVED = ['step', 'checkpoint'];

type Sections = Pick<ProgramSweep, 'program' | 'parameters' | 'space' | 'objective'>;

export function programProblems({ program, parameters, space, objective }: Sections): PlacedProblem[] {
  const metrics = Object.keys(program.metrics);
  const problems: PlacedProblem[] = [];
  const refuse = (path: string[], message: string) => void problems.push({ path: ['program', ...path], message });
  if (metrics.length === 0) refuse(['metrics'], 'is empty; needed: one metric or more, each with its goal');
  for (const [name, { range }] of Object.entries(program.metrics)) {
    if (RESERVED.includes(name))
      refuse(['metrics', name], 'means something else in a line of metrics; allowed: another name');
    const [low = 0, high = 1] = range ?? [];
    if (low >= high) refuse(['metrics', name, 'range'], `is [${low}, ${high}]; allowed: the lower number first`);
  }
  for (const [name, pattern] of Object.entries(program.read ?? {})) {
    if (name !== 'step' && !metrics.includes(name))
      refuse(['read', name], `is no metric of the program; allowed: step, ${metrics.join(', ')}`);
    const wrong = patternProblem(pattern);
    if (wrong !== undefined) refuse(['read', name], wrong);
  }
  for (const key of ['seedAs', 'stepsAs'] as const) {
    const name = program[key];
    if (name === undefined) continue;
    const other = key === 'seedAs' ? program.stepsAs : undefined;
    if (getPath(parameters, [name]) !== undefined || space[`parameters.${name}`] !== undefined || name === other)
      refuse([key], `is ${name}, which has another value already; allowed: a name that no parameter has`);
  }
  for (const name of [...Object.keys(program.environment), ...program.pass])
    if (name.startsWith('SWEEP_'))
      refuse(['environment', name], 'is what the program is told by; allowed: another name');
  for (const name of program.pass)
    if (Object.hasOwn(program.environment, name))
      refuse(['pass'], `has ${name}, which environment gives; allowed: one of the two`);
  if (metrics.length > 0 && !metrics.includes(objective.metric))
    problems.push({ path: ['objective', 'metric'], message: `is ${objective.metric}; allowed: ${metrics.join(', ')}` });
  return problems;
}

/** Why a text is no pattern whose first group is a value; undefined: it is one. */
function patternProblem(pattern: string): string | undefined {
  try {
    const groups = (new RegExp(`${new RegExp(pattern).source}|`).exec('')?.length ?? 1) - 1;
    return groups > 0 ? undefined : 'has no group; needed: parentheses around the value, as in "loss=([0-9.]+)"';
  } catch (error) {
    return `is no pattern: ${(error as Error).message}`;
  }
}
