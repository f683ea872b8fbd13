/**
 * What a program says of itself, line by line -> points of its curve, checkpoints, and what is wrong with a line. A
 * step's values may come in several lines; a point is whole once it has every metric, or the next step begins.
 */
import type { CurvePoint, Metrics } from '../../core/results.ts';

/** What a line comes to. `values`: of a point that is on its way; `point`: one that is whole. */
export type Said =
  | { values: CurvePoint }
  | { point: CurvePoint }
  | { diverged: number; metric: string }
  | { checkpoint: number }
  | { warning: string };

export interface CourseOptions {
  /** The names of the metrics. */
  metrics: readonly string[];
  /** Name of a metric, or 'step' -> a pattern whose first group is the value. */
  read?: Readonly<Record<string, string>> | undefined;
  /** The last step of which all is known; undefined: none yet. */
  from?: number | undefined;
  /** Takes secrets out of what is shown of a line. */
  hide?(text: string): string;
}

/** So much of a line that is wrong is shown. */
const SHOWN = 80;
/** So many names that are no metric's are told of. */
const MOST_STRANGERS = 100;
const STEP = 'step';
const CHECKPOINT = 'checkpoint';

/** Python's and JavaScript's words for what JSON has no number for. */
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/** Python writes NaN and Infinity where JSON has no number: null, as JavaScript writes them, outside of texts. */
const withNulls = (text: string) =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) => (found.startsWith('"') ? found : 'null'));

function objectOf(
  line: Buffer,
  show: (text: string) => string,
): { value: Record<string, unknown> } | { problem: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch {
    return { problem: `is not UTF-8: ${show(line.toString('latin1'))}` };
  }
  let value: unknown;
  try {
    value = JSON.parse(withNulls(text));
  } catch {
    return { problem: `is not JSON, or cut: ${show(text)}` };
  }
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isObject ? { value: value as Record<string, unknown> } : { problem: `is no object: ${show(text)}` };
}

const isStep = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A point on its way, as it is now. */
const soFar = ({ step, metrics }: CurvePoint): Said => ({ values: { step, metrics: { ...metrics } } });

export class Course {
  private readonly names: readonly string[];
  private readonly hide: (text: string) => string;
  /** The step's comes first: it is the step of what stands beside it. */
  private readonly patterns: readonly (readonly [name: string, pattern: RegExp])[];
  private readonly countsBySelf: boolean;
  /** The point on its way. */
  private open: CurvePoint | undefined;
  /** The last step that is whole. */
  private last: number;
  /** Of the line. */
  private number = 0;
  /** Names that are no metric's, and have been told of. */
  private readonly strangers = new Set<string>();

  constructor({ metrics, read = {}, from = -1, hide = (text) => text }: CourseOptions) {
    this.names = metrics;
    this.hide = hide;
    this.patterns = Object.entries(read)
      .sort(([a], [b]) => Number(b === STEP) - Number(a === STEP))
      .map(([name, pattern]) => [name, new RegExp(pattern)]);
    this.countsBySelf = read[STEP] === undefined;
    this.last = from;
  }

  /** A line of the metrics file. */
  line(line: Buffer): Said[] {
    this.number++;
    if (line.length === 0) return [];
    const where = `line ${this.number} of SWEEP_METRICS`;
    const parsed = objectOf(line, (text) => this.show(text));
    if ('problem' in parsed) return [{ warning: `${where} ${parsed.problem}; it is left out` }];
    const given = parsed.value;
    const onlyCheckpoint = Object.keys(given).every((key) => key === CHECKPOINT) && CHECKPOINT in given;
    const said = onlyCheckpoint ? [] : this.values(given, where);
    if (!(CHECKPOINT in given)) return said;
    const step = given[CHECKPOINT];
    return isStep(step)
      ? [...said, { checkpoint: step }]
      : [...said, { warning: `${where} has the checkpoint ${this.show(JSON.stringify(step))}, which is no step` }];
  }
  /** A line that was printed, where patterns read such lines. */
  printed(line: string): Said[] {
    return this.patterns.flatMap(([name, pattern]) => {
      const match = pattern.exec(line);
      const text = match?.[1] ?? match?.[0];
      if (text === undefined) return [];
      return name === STEP ? this.foundStep(text) : this.found(name, text);
    });
  }
  /** No more comes: the point on its way is as whole as it gets. */
  end(): Said[] {
    if (this.open === undefined) return [];
    const point = this.open;
    this.open = undefined;
    if (Object.keys(point.metrics).length === 0) return [];
    this.last = point.step;
    return [{ point }];
  }

  // What a line of the metrics file says.
  private values(given: Record<string, unknown>, where: string): Said[] {
    const { [STEP]: step, [CHECKPOINT]: _, ...others } = given;
    if (!isStep(step)) {
      const what = step === undefined ? 'names no step' : `has the step ${this.show(JSON.stringify(step))}`;
      return [{ warning: `${where} ${what}; needed: "step", a whole number of 0 or more` }];
    }
    const late = this.lateness(step);
    if (late !== undefined) return [{ warning: `${where} ${late}; it is left out` }];
    const said: Said[] = [];
    const metrics: Metrics = {};
    for (const [name, value] of Object.entries(others)) {
      if (!this.names.includes(name)) said.push(...this.stranger(name, where));
      else if (value === null) return [...said, { diverged: step, metric: name }];
      else if (typeof value === 'number') metrics[name] = value;
      else {
        const what = `${name} ${this.show(JSON.stringify(value))}`;
        said.push({ warning: `${where} has ${what}, which is no number; it is left out` });
      }
    }
    return Object.keys(metrics).length > 0 ? [...said, ...this.take(step, metrics)] : said;
  }
  private stranger(name: string, where: string): Said[] {
    const isNew = !this.strangers.has(name) && this.strangers.size < MOST_STRANGERS;
    this.strangers.add(name);
    return isNew
      ? [{ warning: `${where} has ${this.show(name)}, which is no metric of the sweep; it is left out` }]
      : [];
  }
  /** Values of a step: finite, and of known names. */
  private take(step: number, metrics: Metrics): Said[] {
    const before = this.open !== undefined && step > this.open.step ? this.end() : [];
    const point = (this.open ??= { step, metrics: {} });
    Object.assign(point.metrics, metrics);
    const values = soFar(point);
    return [...before, values, ...(this.names.every((name) => Object.hasOwn(point.metrics, name)) ? this.end() : [])];
  }

  // What patterns find in a printed line.
  private foundStep(text: string): Said[] {
    const step = Number(text);
    if (!isStep(step)) return [{ warning: `"read" found the step ${this.show(text)}, which is no whole number` }];
    if (step === this.open?.step) return [];
    const late = this.lateness(step);
    return late === undefined ? this.begin(step) : [{ warning: `what "read" found ${late}` }];
  }
  private found(name: string, text: string): Said[] {
    const isNext = this.open === undefined || Object.hasOwn(this.open.metrics, name);
    const before = this.countsBySelf && isNext ? this.begin(Math.max(0, this.open?.step ?? this.last) + 1) : [];
    return [...before, ...this.value(name, text)];
  }
  private value(name: string, text: string): Said[] {
    const what = `"read" found ${name} ${this.show(text)}`;
    if (this.open === undefined) return [{ warning: `${what} before any step; it is left out` }];
    if (NOT_FINITE.test(text)) return [{ diverged: this.open.step, metric: name }];
    if (text.trim() === '' || !Number.isFinite(Number(text)))
      return [{ warning: `${what}, which is no number; it is left out` }];
    this.open.metrics[name] = Number(text);
    return [soFar(this.open)];
  }
  /** The next step: the one before it is as whole as it gets. */
  private begin(step: number): Said[] {
    const before = this.end();
    this.open = { step, metrics: {} };
    return before;
  }

  /** Why values of this step come too late; undefined: they do not. */
  private lateness(step: number): string | undefined {
    const least = this.open?.step ?? this.last + 1;
    return step >= least ? undefined : `is of step ${step}, after step ${this.open?.step ?? this.last}`;
  }
  private show(given: string): string {
    const text = this.hide(given); // before it is cut: half a secret is one
    return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
  }
}
