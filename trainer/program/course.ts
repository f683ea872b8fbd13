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

export interface Course {
  /** A line of the metrics file. */
  line(line: Buffer): Said[];
  /** A line that was printed, where patterns read such lines. */
  printed(line: string): Said[];
  /** No more comes: the point on its way is as whole as it gets. */
  end(): Said[];
}

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

export function programCourse({ metrics: names, read = {}, from = -1, hide = (text) => text }: CourseOptions): Course {
  function show(given: string): string {
    const text = hide(given); // before it is cut: half a secret is one
    return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
  }
  const patterns = Object.entries(read).map(([name, pattern]) => [name, new RegExp(pattern)] as const);
  const countsBySelf = read[STEP] === undefined;
  let open: CurvePoint | undefined;
  let last = from; // the last step that is whole
  let number = 0; // of the line
  const strangers = new Set<string>();

  function close(): Said[] {
    if (open === undefined) return [];
    const point = open;
    open = undefined;
    if (Object.keys(point.metrics).length === 0) return [];
    last = point.step;
    return [{ point }];
  }

  /** Values of a step: finite, and of known names. */
  function take(step: number, metrics: Metrics): Said[] {
    const before = open !== undefined && step > open.step ? close() : [];
    open ??= { step, metrics: {} };
    Object.assign(open.metrics, metrics);
    const values: Said = { values: { step, metrics: { ...open.metrics } } };
    const point = open;
    return [...before, values, ...(names.every((name) => Object.hasOwn(point.metrics, name)) ? close() : [])];
  }

  /** Why values of this step come too late; undefined: they do not. */
  function lateness(step: number): string | undefined {
    const least = open?.step ?? last + 1;
    return step >= least ? undefined : `is of step ${step}, after step ${open?.step ?? last}`;
  }

  function values(given: Record<string, unknown>, where: string): Said[] {
    const { [STEP]: step, [CHECKPOINT]: _, ...others } = given;
    if (!isStep(step)) {
      const what = step === undefined ? 'names no step' : `has the step ${show(JSON.stringify(step))}`;
      return [{ warning: `${where} ${what}; needed: "step", a whole number of 0 or more` }];
    }
    const late = lateness(step);
    if (late !== undefined) return [{ warning: `${where} ${late}; it is left out` }];
    const said: Said[] = [];
    const metrics: Metrics = {};
    for (const [name, value] of Object.entries(others)) {
      if (!names.includes(name)) {
        if (!strangers.has(name) && strangers.size < 100)
          said.push({ warning: `${where} has ${show(name)}, which is no metric of the sweep; it is left out` });
        strangers.add(name);
      } else if (value === null) return [...said, { diverged: step, metric: name }];
      else if (typeof value !== 'number')
        said.push({
          warning: `${where} has ${name} ${show(JSON.stringify(value))}, which is no number; it is left out`,
        });
      else metrics[name] = value;
    }
    return Object.keys(metrics).length > 0 ? [...said, ...take(step, metrics)] : said;
  }

  /** A value that was read from a printed line. */
  function found(name: string, text: string): Said[] {
    const value = Number(text);
    if (name === STEP) {
      if (!isStep(value)) return [{ warning: `"read" found the step ${show(text)}, which is no whole number` }];
      if (value === open?.step) return [];
      const late = lateness(value);
      return late === undefined ? [...close(), ...begin(value)] : [{ warning: `what "read" found ${late}` }];
    }
    if (countsBySelf && (open === undefined || Object.hasOwn(open.metrics, name))) {
      const step = Math.max(0, open?.step ?? last) + 1;
      return [...close(), ...begin(step), ...found(name, text)];
    }
    if (open === undefined) return [{ warning: `"read" found ${name} ${show(text)} before any step; it is left out` }];
    if (NOT_FINITE.test(text)) return [{ diverged: open.step, metric: name }];
    if (text.trim() === '' || !Number.isFinite(value))
      return [{ warning: `"read" found ${name} ${show(text)}, which is no number; it is left out` }];
    open.metrics[name] = value;
    return [{ values: { step: open.step, metrics: { ...open.metrics } } }];
  }
  function begin(step: number): Said[] {
    open = { step, metrics: {} };
    return [];
  }

  return {
    line(line) {
      number++;
      if (line.length === 0) return [];
      const where = `line ${number} of SWEEP_METRICS`;
      const parsed = objectOf(line, show);
      if ('problem' in parsed) return [{ warning: `${where} ${parsed.problem}; it is left out` }];
      const given = parsed.value;
      const onlyCheckpoint = Object.keys(given).every((key) => key === CHECKPOINT) && CHECKPOINT in given;
      const said = onlyCheckpoint ? [] : values(given, where);
      if (!(CHECKPOINT in given)) return said;
      const step = given[CHECKPOINT];
      return isStep(step)
        ? [...said, { checkpoint: step }]
        : [...said, { warning: `${where} has the checkpoint ${show(JSON.stringify(step))}, which is no step` }];
    },
    printed(line) {
      // The step first: it is the step of what stands beside it.
      const order = [...patterns].sort(([a], [b]) => Number(b === STEP) - Number(a === STEP));
      return order.flatMap(([name, pattern]) => {
        const match = pattern.exec(line);
        const text = match?.[1] ?? match?.[0];
        return text === undefined ? [] : found(name, text);
      });
    },
    end: close,
  };
}
