/** The space of a sweep file: every path names something, every value is valid there, every condition can come true. */
import { MOST_TRIALS } from '../core/form/limits.ts';
import { canonicalJson, getPath, type Json, type JsonObject } from '../core/json.ts';
import { countTrials } from '../core/plan.ts';
import { schedulerOf } from '../core/schedulers/index.ts';
import { mostConfigurations } from '../core/schedulers/state-size.ts';
import { searches, searchOf, type SearchName } from '../core/search/index.ts';
import { orderedSpace } from '../core/search/when.ts';
import { kindOf, type Dimension, type When } from '../core/space/index.ts';
import type { SweepSpec } from '../core/spec.ts';
import { parseDimension, probes } from './dimension.ts';
import { explain } from './explain.ts';
import { knowing, namesOf, optionalAt, pathsIn, schemaAt, type Parts, type Space } from './paths.ts';
import { didYouMean, listOf, show, type Path, type Problem } from './problem.ts';
import { isSection, sampling, sectionNames, sectionSchema, sections, type SectionName } from './schema.ts';

/** A list of wrong values is one mistake: more lines would hide the others. */
const MOST_PROBLEMS_PER_DIMENSION = 5;
/** Values that an error lists. */
const MOST_LISTED = 20;
/** A condition's value is looked for among so many values: more than these are too large a space anyway. */
const MOST_VALUES = 1_000_000;

const asList = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);

/** The dimensions of a space; problems of those that are none. Undefined: the file has no space, said elsewhere. */
export function parseSpace(
  given: JsonObject | undefined,
  example = '"model.cell": ["rnn", "lstm"]',
): { space: Record<string, Dimension>; problems: Problem[] } {
  const space: Record<string, Dimension> = {};
  const problems: Problem[] = [];
  for (const [path, value] of Object.entries(given ?? {})) {
    const parsed = parseDimension(value, ['space', path]);
    if ('dimension' in parsed) space[path] = parsed.dimension;
    else problems.push(...parsed.problems);
  }
  if (given !== undefined && Object.keys(given).length === 0) {
    problems.push({ path: ['space'], message: `{} is empty; needed: one path or more, such as ${example}` });
  }
  return { space, problems };
}

/** Everything there is to say against the space. `given` is the file's own space. */
export function checkSpace(space: Space, given: JsonObject, parts: Parts): Problem[] {
  const dimensions = Object.entries(space);
  return [
    ...dimensions.flatMap(([path, d]) => checkPath(path, d, parts, space) ?? checkValues(path, d, given, parts, space)),
    ...checkTogether(space, parts),
  ];
}

/** What dimensions get wrong with each other and with the rest of the file. */
export function checkTogether(space: Space, parts: Parts): Problem[] {
  return [
    ...checkOverlaps(space),
    ...Object.entries(space).flatMap(([path, { when = {} }]) => checkWhen(path, when, parts, space)),
    ...checkCircle(space),
  ];
}

/** What is wrong with a path; undefined: nothing, and it lies in task, model or training. */
function checkPath(path: string, { when }: Dimension, parts: Parts, space: Space): Problem[] | undefined {
  const refuse = (message: string): Problem[] => [{ path: ['space', path], message }];
  const [section, key, ...rest] = path.split('.');
  if (section === 'sampling') return refuse(samplingMessage(path));
  if (!isSection(section)) {
    const known = sectionNames.flatMap((name) => pathsIn(name, namesOf(name, parts, space)));
    return refuse(`names nothing; allowed: a path into ${listOf(sectionNames)}${didYouMean(path, known)}`);
  }
  const names = namesOf(section, parts, space);
  if (key === undefined || schemaAt(sectionSchema(section, names), [key, ...rest]) === undefined) {
    const others = key === undefined || rest.length > 0 ? [] : knowing(section, key);
    if (others.length > 0)
      return refuse(`an option of ${listOf(others)}, but ${section}.${sections[section].key} is ${listOf(names)}`);
    const known = pathsIn(section, names);
    return refuse(`names nothing; allowed: ${known.join(', ')}${didYouMean(path, known)}`);
  }
  return Object.hasOwn(sections[section].own, key) ? undefined : checkStrangers(path, section, key, names, when);
}

/** An option is swept only for the names that have it: for the others, the same trials would be trained again. */
function checkStrangers(
  path: string,
  section: SectionName,
  option: string,
  names: string[],
  when: When = {},
): Problem[] | undefined {
  const selector = `${section}.${sections[section].key}`;
  const wanted = when[selector] === undefined ? undefined : asList(when[selector]);
  const known = knowing(section, option);
  const strangers = names.filter((name) => !known.includes(name) && (wanted?.includes(name) ?? true));
  if (strangers.length === 0) return undefined;
  const having = names.filter((name) => known.includes(name));
  const condition = JSON.stringify({ [selector]: having.length === 1 ? having[0] : having });
  const have = strangers.length === 1 ? 'has' : 'have';
  return [
    { path: ['space', path], message: `${listOf(strangers)} ${have} no ${option}; allowed with "when": ${condition}` },
  ];
}

/** Values of sampling are listed where they are: one trained trial is sampled at all of them. */
function samplingMessage(path: string): string {
  const known = Object.keys(sampling.shape).map((key) => `sampling.${key}`);
  if (!known.includes(path))
    return `names nothing; allowed: a path into ${listOf(sectionNames)}${didYouMean(path, known)}`;
  return `sampling never causes another training; list the values in ${path} itself`;
}

function checkValues(path: string, dimension: Dimension, given: JsonObject, parts: Parts, space: Space): Problem[] {
  const [section, ...rest] = path.split('.') as [SectionName, ...string[]];
  const whole = sectionSchema(section, namesOf(section, parts, space));
  const schema = schemaAt(whole, rest);
  const problems: Problem[] = [];
  for (const [value, below] of probes(dimension, given[path] ?? null)) {
    if (value === null && optionalAt(whole, rest)) continue;
    const parsed = schema?.safeParse(value);
    if (schema === undefined || parsed === undefined || parsed.success) continue;
    problems.push(...explain(parsed.error, schema, value, ['space', path, ...below]));
    if (problems.length >= MOST_PROBLEMS_PER_DIMENSION || below.length === 0) break;
  }
  return problems;
}

function checkOverlaps(space: Space): Problem[] {
  const paths = Object.keys(space);
  return paths.flatMap((path) => {
    const outer = paths.find((other) => path.startsWith(`${other}.`));
    if (outer === undefined) return [];
    return [
      {
        path: ['space', path],
        message: `lies inside ${show(outer)}, which space sweeps as a whole; allowed: one of the two`,
      },
    ];
  });
}

/** Each path of a condition is a dimension or a value of the spec, and takes each value that is asked for. */
function checkWhen(path: string, when: When, parts: Parts, space: Space): Problem[] {
  return Object.entries(when).flatMap(([named, wanted]): Problem[] => {
    const at: Path = ['space', path, 'when', named];
    const refuse = (message: string): Problem[] => [{ path: at, message }];
    const values = asList(wanted);
    if (values.length === 0) return refuse('[] never comes true; allowed: a value, or a list of values');
    const dimension = Object.hasOwn(space, named) ? space[named] : undefined;
    if (dimension !== undefined)
      return values.flatMap((value) => neverMessage(value, named, dimension) ?? []).flatMap(refuse);
    const own = getPath(parts, named.split('.'));
    if (own !== undefined) {
      const others = values.filter((value) => canonicalJson(value) !== canonicalJson(own));
      return others.flatMap((value) => refuse(`${show(value)} never occurs: ${named} is ${show(own)}`));
    }
    const known = Object.keys(space).filter((other) => other !== path);
    return refuse(`names nothing; allowed: a path in space, or one that has a value${didYouMean(named, known)}`);
  });
}

/** Why a dimension never takes a value; undefined if it does. */
function neverMessage(wanted: Json, named: string, dimension: Dimension): string | undefined {
  const kind = kindOf(dimension);
  const count = kind.count(dimension);
  if (count === undefined)
    return `${show(wanted)} never occurs: ${named} is continuous; allowed: a condition on a list or a range`;
  const text = canonicalJson(wanted);
  for (let i = 0; i < Math.min(count, MOST_VALUES); i++)
    if (canonicalJson(kind.at(dimension, i)) === text) return undefined;
  const some = Array.from({ length: Math.min(count, MOST_LISTED) }, (_, i) => kind.at(dimension, i));
  const list = [...some.map(show), ...(count > MOST_LISTED ? ['…'] : [])].join(', ');
  return `${show(wanted)} never occurs; allowed: ${list}${didYouMean(wanted, some.map(String))}`;
}

function checkCircle(space: Space): Problem[] {
  try {
    orderedSpace({ space });
    return [];
  } catch (error) {
    return [{ path: ['space'], message: (error as Error).message }];
  }
}

/** A search that does not draw needs dimensions whose values can be counted. */
export function checkSearch({ space, search }: Pick<SweepSpec, 'space' | 'search'>): Problem[] {
  if (searches[search.name as SearchName].samples) return [];
  const drawing = Object.entries(searches)
    .filter(([, { samples }]) => samples)
    .map(([name]) => show(name));
  const message =
    `is continuous, which the search ${show(search.name)} cannot count; ` +
    `allowed: a list or a range, or a search by ${drawing.join(' or ')}`;
  return Object.entries(space)
    .filter(([, d]) => kindOf(d).count(d) === undefined)
    .map(([path]) => ({ path: ['space', path], message }));
}

/**
 * A scheduler that compares configurations compares them at steps of one scale; and what it and the search keep of each
 * has its bounds.
 */
export function checkScheduler(spec: SweepSpec): Problem[] {
  const name = show(spec.scheduler.name);
  const problems: Problem[] = [];
  if (!schedulerOf(spec).wholeTrials && Object.hasOwn(spec.space, 'training.maxSteps')) {
    const message =
      `cannot be swept with the scheduler ${name}, which compares configurations on the way to one last step; ` +
      'allowed: a single training.maxSteps, or the scheduler "full"';
    problems.push({ path: ['space', 'training.maxSteps'], message });
  }
  const [most, given] = [mostConfigurations(spec), searchOf(spec).count(spec)];
  if (given > most) {
    const [many, limit] = [given, most].map((n) => n.toLocaleString('en-US'));
    const keeper = searchOf(spec).suggest === undefined ? name : `the search ${show(spec.search.name)} with ${name}`;
    const message = `${keeper} keeps what it has seen of each configuration, and there are ${many}; allowed: at most ${limit} with these options`;
    problems.push({ path: ['scheduler'], message });
  }
  return problems;
}

/** Counted before anything is walked; a single dimension that is too long even before that. */
export function checkSize(spec: SweepSpec): Problem[] {
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

/** An override of a value that the space replaces in every trial would do nothing. */
export function checkEffect(path: readonly string[], space: Space): Problem[] {
  const named = path.join('.');
  if (space[named] === undefined || space[named].when !== undefined) return [];
  return [{ path: [...path], message: `has no effect, because space sweeps it; set space.${named} instead` }];
}
