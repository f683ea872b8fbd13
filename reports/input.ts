/**
 * What a report is made of: the data files of a run folder, read as bytes (for their hashes) and parsed, a trial at a
 * time.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { suggestionsOf, type RecordEntry } from '../core/adaptive.ts';
import { metricNames } from '../core/aggregate.ts';
import { formProblem } from '../core/form/check.ts';
import { countTrials, plannedTrials, type Suggestions } from '../core/plan.ts';
import type {
  CurvePoint,
  Metrics,
  ReportProgress,
  RungRecord,
  TrialFailure,
  TrialResult,
  TrialSamples,
  TrialTiming,
} from '../core/results.ts';
import { searchOf } from '../core/search/index.ts';
import type { SweepSpec } from '../core/spec.ts';
import { decodeCurve } from '../store/curve.ts';
import { decisionFiles } from '../store/decisions.ts';
import { pretty } from '../store/keys.ts';
import { readAhead } from '../store/read-ahead.ts';
import { highestRung } from '../store/rungs.ts';
import type { SweepOutcome } from '../store/runs.ts';
import type { Store } from '../store/types.ts';
import { modelOf, worthShowing } from './model.ts';
import { observationsFile, samplesFile, type TypedObservation } from './observations.ts';
import type { Provenance, ReportInput } from './types.ts';

type Files = Map<string, Uint8Array>;

const TRIAL_FILES = [
  'result.json',
  'metrics.csv',
  'observations.json',
  'samples.json',
  'timing.json',
  'failure.json',
] as const;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const sumsOf = (files: Iterable<readonly [string, Uint8Array]>) =>
  new Map([...files].map(([path, bytes]) => [path, sha256(bytes)]));

/** The files there are, by path in the sweep's folder. */
async function read(store: Store, sweepId: string, paths: readonly string[]): Promise<Files> {
  const found = await Promise.all(paths.map(async (path) => [path, await store.get(`${sweepId}/${path}`)] as const));
  return new Map(found.flatMap(([path, bytes]) => (bytes === undefined ? [] : [[path, bytes] as const])));
}

export interface ReadOptions {
  /** How the sweep ends, if that is known and not written yet: whoever has an end has a report. */
  outcome?: SweepOutcome | undefined;
  /** Called often. */
  onProgress?: ((progress: ReportProgress) => void) | undefined;
}

/** What is of the sweep and of none of its trials. Throws a UserError if there is no sweep. */
async function readSweep(store: Store, sweepId: string, outcome?: SweepOutcome) {
  const decisions = (await decisionFiles(store, sweepId)).map((name) => `decisions/${name}`);
  const files = await read(store, sweepId, [
    'sweep.json',
    'extended.json',
    'control.json',
    'provenance.json',
    'outcome.json',
    ...decisions,
  ]);
  if (outcome !== undefined) files.set('outcome.json', Buffer.from(pretty(outcome)));
  const spec = parseSpec(files, sweepId);
  return { files, spec, suggestions: parseSuggestions(files, sweepId, spec) };
}

async function readTrial(store: Store, sweepId: string, id: string): Promise<Files> {
  const files = await read(
    store,
    sweepId,
    TRIAL_FILES.map((file) => `trials/${id}/${file}`),
  );
  if (files.has(`trials/${id}/result.json`)) return files;
  const rung = await highestRung(store, sweepId, id);
  return rung === undefined
    ? files
    : new Map([
        ...files,
        ...(await read(
          store,
          sweepId,
          [rung.record, rung.curve].map((file) => `trials/${id}/${file}`),
        )),
      ]);
}

/** Each once: a random search may draw one twice. */
function* trialIds(spec: SweepSpec, suggestions: Suggestions | undefined): Generator<string> {
  const done = new Set<string>();
  for (const { trialId } of plannedTrials(spec, suggestions)) {
    if (done.has(trialId)) continue;
    done.add(trialId);
    yield trialId;
  }
}

/**
 * The files of every trial, one trial after the other: their bytes together would not fit into memory. Their sums are
 * also of the trained network, which is what a report speaks of though it shows nothing of its bytes.
 */
const readTrials = (store: Store, sweepId: string, spec: SweepSpec, suggestions: Suggestions | undefined) =>
  readAhead(trialIds(spec, suggestions), async (id) => {
    const [files, network] = await Promise.all([
      readTrial(store, sweepId, id),
      read(store, sweepId, [`trials/${id}/model.ckpt`]),
    ]);
    return { id, files, sums: sumsOf([...files, ...network]) };
  });

const inOrder = (sums: Map<string, string>) => new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * SHA-256 of every data file that a report is made of, by path in the sweep's folder. Throws a UserError if there is no
 * sweep.
 */
export async function hashRun(store: Store, sweepId: string): Promise<Map<string, string>> {
  const { files, spec, suggestions } = await readSweep(store, sweepId);
  const hashes = sumsOf(files);
  for await (const { sums } of readTrials(store, sweepId, spec, suggestions))
    for (const [path, sum] of sums) hashes.set(path, sum);
  return inOrder(hashes);
}

/** Reads and parses a run folder; a file that is not what it should be is a UserError that names it. */
export async function readRun(
  store: Store,
  sweepId: string,
  { outcome: ending, onProgress = () => {} }: ReadOptions = {},
): Promise<ReportInput> {
  const { files, spec, suggestions } = await readSweep(store, sweepId, ending);
  const outcome = parse<SweepOutcome>(files, sweepId, 'outcome.json', outcomeFile);
  const hashes = sumsOf(files);
  const input: ReportInput = {
    sweepId,
    spec,
    ...(suggestions && { suggestions }),
    ...(outcome && { outcome }),
    results: new Map(),
    stopped: new Map(),
    failures: new Map(),
    timings: new Map(),
    curves: new Map(),
    observations: new Map(),
    samples: new Map(),
    curveMetrics: [],
    curveOf: async (id) =>
      input.curves.get(id) ?? (input.results.has(id) || input.stopped.has(id) ? await curveAgain(id) : undefined),
    starts: parse<Provenance[]>(files, sweepId, 'provenance.json', starts) ?? [],
    hashes,
  };
  function unchanged(path: string, bytes: Uint8Array | undefined): void {
    if (hashes.get(path) !== (bytes && sha256(bytes)))
      throw new UserError(`${sweepId}/${path}: changed while the report was made of it; make it again`);
  }
  /** A trial that was read before. */
  async function again(id: string): Promise<ParsedTrial> {
    const bytes = await readTrial(store, sweepId, id);
    for (const [path, one] of bytes) unchanged(path, one);
    return parseTrial(sweepId, id, bytes);
  }
  /** Of such a trial the curve alone, one file of many. */
  async function curveAgain(id: string): Promise<CurvePoint[]> {
    const file = input.results.has(id) ? 'metrics.csv' : ((await highestRung(store, sweepId, id))?.curve ?? '');
    const path = `trials/${id}/${file}`;
    const files = await read(store, sweepId, [path]);
    unchanged(path, files.get(path));
    return parseCurve(files, sweepId, path);
  }

  const metrics: Metrics = {};
  const total = countTrials(spec);
  let done = 0;
  for await (const trial of readTrials(store, sweepId, spec, suggestions)) {
    onProgress({ doing: 'reading', done: ++done, total });
    for (const [path, sum] of trial.sums) hashes.set(path, sum);
    const { result, failure, rung, timing, curve = [] } = parseTrial(sweepId, trial.id, trial.files);
    if (timing !== undefined) input.timings.set(trial.id, timing);
    if (result !== undefined) input.results.set(trial.id, result);
    else if (failure !== undefined) input.failures.set(trial.id, failure);
    else if (rung !== undefined) input.stopped.set(trial.id, rung);
    for (const point of curve) Object.assign(metrics, point.metrics);
  }
  input.hashes = inOrder(hashes);
  input.curveMetrics = metricNames([metrics]);
  for (const { trialId } of worthShowing(modelOf(input))) {
    const { curve, observations, samples } = await again(trialId);
    if (curve !== undefined) input.curves.set(trialId, curve);
    if (observations !== undefined) input.observations.set(trialId, observations);
    if (samples !== undefined) input.samples.set(trialId, samples);
    onProgress({ doing: 'reading', done, total });
  }
  return input;
}

/** `failure` only without a result, which is newer; `rung` only without either. The rest is of a result or a rung. */
interface ParsedTrial {
  result?: TrialResult | undefined;
  failure?: TrialFailure | undefined;
  rung?: RungRecord | undefined;
  timing?: TrialTiming | undefined;
  curve?: CurvePoint[];
  observations?: TypedObservation[] | undefined;
  samples?: TrialSamples | undefined;
}

function parseTrial(sweepId: string, id: string, files: Files): ParsedTrial {
  const path = (file: (typeof TRIAL_FILES)[number]) => `trials/${id}/${file}`;
  const result = parse<TrialResult>(files, sweepId, path('result.json'), resultOf(id));
  const failure = parse<TrialFailure>(files, sweepId, path('failure.json'), failureFile);
  const timing = parse<TrialTiming>(files, sweepId, path('timing.json'), timingFile);
  const observations = parse<TypedObservation[]>(files, sweepId, path('observations.json'), observationsFile);
  const samples = parse<TrialSamples>(files, sweepId, path('samples.json'), samplesFile);
  if (result !== undefined) {
    const written = result.status === 'completed' ? samples : undefined;
    return { result, timing, curve: parseCurve(files, sweepId, path('metrics.csv')), observations, samples: written };
  }
  if (failure !== undefined) return { failure, timing };
  const rungPath = [...files.keys()].find((one) => /\/rungs\/.*\.json$/.test(one));
  if (rungPath === undefined) return { timing };
  const rung = parse<RungRecord>(files, sweepId, rungPath, rungOf(id));
  return { rung, timing, curve: parseCurve(files, sweepId, rungPath.replace(/json$/, 'csv')) };
}

/** From the record of decisions, where the search is one that learns. */
function parseSuggestions(files: Files, sweepId: string, spec: SweepSpec): Suggestions | undefined {
  if (searchOf(spec).suggest === undefined) return undefined;
  const paths = [...files.keys()].filter((path) => path.startsWith('decisions/'));
  return suggestionsOf(paths.flatMap((path) => parse<RecordEntry[]>(files, sweepId, path, decisionsFile) ?? []));
}

const finite = z.number();
const decisionsFile = z.array(z.object({}).loose());
const trial = z.object({}).loose();
const rungFile = z.object({
  trialId: z.string(),
  trial,
  science: finite,
  steps: finite,
  metrics: z.record(z.string(), finite),
  parameters: finite.optional(),
  backend: z.string(),
  replayed: z.boolean(),
});
const resultFile = rungFile.extend({ status: z.enum(['completed', 'diverged']) });
const ofTrial = <T extends z.ZodType<{ trialId: string }>>(schema: T, id: string) =>
  schema.refine((r) => r.trialId === id, { path: ['trialId'], message: `must be ${id}, its folder's name` });
const resultOf = (id: string) => ofTrial(resultFile, id);
const rungOf = (id: string) => ofTrial(rungFile, id);
const failureFile = z.object({ trialId: z.string(), trial, message: z.string(), at: z.string() });
const timingFile = z.object({
  seconds: finite,
  attempts: finite,
  worker: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
});
const starts = z.object({ starts: z.array(z.object({}).loose()) }).transform((file) => file.starts);
const outcomeFile = z
  .object({ state: z.enum(['completed', 'cancelled', 'failed']), message: z.string().optional() })
  .loose();

function parseSpec(files: Files, sweepId: string): SweepSpec {
  const spec = jsonOf(files, sweepId, 'sweep.json');
  if (spec === undefined) throw new UserError(`${sweepId}/sweep.json: not there; a sweep's folder has one`);
  const problem = formProblem(spec);
  if (problem !== undefined) throw new UserError(`${sweepId}/sweep.json: ${problem}`);
  return spec as SweepSpec;
}

function jsonOf(files: Files, sweepId: string, path: string): unknown {
  const bytes = files.get(path);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new UserError(`${sweepId}/${path}: not JSON (${(error as Error).message})`);
  }
}

/** `schema` checks what the report relies on; T is what the writer of the file promises. */
function parse<T>(files: Files, sweepId: string, path: string, schema: z.ZodType): T | undefined {
  const value = jsonOf(files, sweepId, path);
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as T;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `${sweepId}/${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'not what it should be'}`,
  );
}

function parseCurve(files: Files, sweepId: string, path: string): CurvePoint[] {
  const bytes = files.get(path);
  if (bytes === undefined) return [];
  try {
    const curve = decodeCurve(Buffer.from(bytes).toString('utf8'));
    const numbers = curve.flatMap((point) => [point.step, ...Object.values(point.metrics)]);
    if (!numbers.every(Number.isFinite)) throw new TypeError('a value is no number');
    return curve;
  } catch (error) {
    throw new UserError(`${sweepId}/${path}: not a curve (${(error as Error).message})`);
  }
}
