/** What a report is made of: the data files of a run folder, read as bytes (for their hashes) and parsed. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { suggestionsOf, type RecordEntry } from '../core/adaptive.ts';
import { countTrials, trialWith, type Suggestions } from '../core/plan.ts';
import type { CurvePoint, RungRecord, TrialFailure, TrialResult, TrialSamples, TrialTiming } from '../core/results.ts';
import { searchOf } from '../core/search/index.ts';
import type { SweepSpec } from '../core/spec.ts';
import { decodeCurve } from '../store/curve.ts';
import { highestRung } from '../store/rungs.ts';
import type { Store } from '../store/types.ts';
import { observationsFile, samplesFile, type Seen } from './observations.ts';
import type { Provenance } from './provenance.ts';

export interface ReportInput {
  sweepId: string;
  spec: SweepSpec;
  /** What a search that learns has chosen. */
  suggestions?: Suggestions;
  results: Map<string, TrialResult>;
  /** The highest rung of every trial that a scheduler left there; one with a result has none. */
  stopped: Map<string, RungRecord>;
  /** Of trials with a result or a rung, like what was seen of them: what a failed trial left behind depends on when it failed. */
  curves: Map<string, CurvePoint[]>;
  observations: Map<string, Seen[]>;
  /** What trained networks wrote when asked; nothing of one whose training diverged. */
  samples: Map<string, TrialSamples>;
  failures: Map<string, TrialFailure>;
  timings: Map<string, TrialTiming>;
  /** One entry per environment that the sweep was started in; empty if nobody recorded it. */
  starts: Provenance[];
  /** SHA-256 of every file above and of the trained networks, by its path in the sweep's folder, in order of path. */
  hashes: Map<string, string>;
}

type Contents = Map<string, Uint8Array>;

/** The data files of a sweep, by path in its folder, in order of path. */
export interface Files {
  /** Of those that a report shows. */
  contents: Contents;
  /** SHA-256 of all of them: of the trained networks too, which are what the report speaks of, and too large to be kept in memory. */
  hashes: Map<string, string>;
}

const inOrder = <T>(files: ReadonlyMap<string, T>) => new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Files of a sweep are read this many trials at a time. */
const READ_AHEAD = 32;

/** Throws a UserError if there is no sweep. */
export async function readFiles(store: Store, sweepId: string): Promise<Files> {
  const files: Contents = new Map();
  const hashes = new Map<string, string>();
  async function hash(path: string): Promise<Uint8Array | undefined> {
    const bytes = await store.get(`${sweepId}/${path}`);
    if (bytes !== undefined) hashes.set(path, createHash('sha256').update(bytes).digest('hex'));
    return bytes;
  }
  async function read(path: string): Promise<void> {
    const bytes = await hash(path);
    if (bytes !== undefined) files.set(path, bytes);
  }
  await read('sweep.json');
  const spec = parseSpec(files, sweepId);
  await read('provenance.json');
  for (const name of await store.list(`${sweepId}/decisions`)) await read(`decisions/${name}`);
  const suggestions = parseSuggestions(files, sweepId, spec);
  const total = countTrials(spec);
  for (let start = 0; start < total; start += READ_AHEAD) {
    const ids = Array.from({ length: Math.min(READ_AHEAD, total - start) }, (_, i) => trialWith(spec, start + i, suggestions)?.trialId ?? []).flat();
    await Promise.all(ids.map(async (id) => {
      await Promise.all([hash(`trials/${id}/model.ckpt`), ...trialFiles.map((file) => read(`trials/${id}/${file}`))]);
      if (files.has(`trials/${id}/result.json`)) return;
      const rung = await highestRung(store, sweepId, id);
      if (rung !== undefined) await Promise.all([rung.record, rung.curve].map((file) => read(`trials/${id}/${file}`)));
    }));
  }
  return { contents: inOrder(files), hashes: inOrder(hashes) };
}

const trialFiles = ['result.json', 'metrics.csv', 'observations.json', 'samples.json', 'timing.json', 'failure.json'] as const;

/** Parses the files; a file that is not what it should be is a UserError that names it. */
export function parseRun(sweepId: string, { contents: files, hashes }: Files): ReportInput {
  const spec = parseSpec(files, sweepId);
  const suggestions = parseSuggestions(files, sweepId, spec);
  const input: ReportInput = {
    sweepId,
    spec,
    ...(suggestions && { suggestions }),
    results: new Map(),
    stopped: new Map(),
    curves: new Map(),
    observations: new Map(),
    samples: new Map(),
    failures: new Map(),
    timings: new Map(),
    starts: parse<Provenance[]>(files, sweepId, 'provenance.json', starts) ?? [],
    hashes,
  };
  const rungs = rungPaths(files);
  for (let index = 0; index < countTrials(input.spec); index++) {
    const id = trialWith(spec, index, suggestions)?.trialId;
    if (id === undefined) continue;
    const path = (file: (typeof trialFiles)[number]) => `trials/${id}/${file}`;
    const result = parse<TrialResult>(files, sweepId, path('result.json'), resultOf(id));
    const failure = parse<TrialFailure>(files, sweepId, path('failure.json'), failureFile);
    const timing = parse<TrialTiming>(files, sweepId, path('timing.json'), timingFile);
    const observations = parse<Seen[]>(files, sweepId, path('observations.json'), observationsFile);
    const samples = parse<TrialSamples>(files, sweepId, path('samples.json'), samplesFile);
    if (timing !== undefined) input.timings.set(id, timing);
    if (result !== undefined) {
      input.results.set(id, result);
      input.curves.set(id, parseCurve(files, sweepId, path('metrics.csv')));
      if (observations !== undefined) input.observations.set(id, observations);
      if (samples !== undefined && result.status === 'completed') input.samples.set(id, samples);
    } else if (failure !== undefined) input.failures.set(id, failure); // a result is newer than a failure
    else {
      const rung = rungs.get(id);
      if (rung === undefined) continue;
      const record = parse<RungRecord>(files, sweepId, rung, rungOf(id)) as RungRecord; // it is there: its path is
      input.stopped.set(id, record);
      input.curves.set(id, parseCurve(files, sweepId, rung.replace(/json$/, 'csv')));
    }
  }
  return input;
}

/** The path of each trial's rung, where it is at one. */
function rungPaths(files: Contents): Map<string, string> {
  return new Map([...files.keys()].flatMap((path) => {
    const [, id] = /^trials\/([^/]+)\/rungs\/.*\.json$/.exec(path) ?? [];
    return id === undefined ? [] : [[id, path] as const];
  }));
}

/** From the record of decisions, where the search is one that learns. */
function parseSuggestions(files: Contents, sweepId: string, spec: SweepSpec): Suggestions | undefined {
  if (searchOf(spec).suggest === undefined) return undefined;
  const paths = [...files.keys()].filter((path) => path.startsWith('decisions/'));
  return suggestionsOf(paths.flatMap((path) => parse<RecordEntry[]>(files, sweepId, path, decisionsFile) ?? []));
}

export async function readRun(store: Store, sweepId: string): Promise<ReportInput> {
  return parseRun(sweepId, await readFiles(store, sweepId));
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
  parameters: finite,
  backend: z.string(),
  replayed: z.boolean(),
});
const resultFile = rungFile.extend({ status: z.enum(['completed', 'diverged']) });
const ofTrial = <T extends z.ZodType<{ trialId: string }>>(schema: T, id: string) =>
  schema.refine((r) => r.trialId === id, { path: ['trialId'], message: `must be ${id}, its folder's name` });
const resultOf = (id: string) => ofTrial(resultFile, id);
const rungOf = (id: string) => ofTrial(rungFile, id);
const failureFile = z.object({ trialId: z.string(), trial, message: z.string(), at: z.string() });
const timingFile = z.object({ seconds: finite, attempts: finite, worker: z.string(), startedAt: z.string(), endedAt: z.string() });
const starts = z.object({ starts: z.array(z.object({}).loose()) }).transform((file) => file.starts);
const specFile = z
  .object({
    name: z.string(),
    description: z.string(),
    space: z.record(z.string(), z.unknown()),
    repeats: finite,
    seed: finite,
    search: z.object({ name: z.string() }).loose(),
    objective: z.object({ metric: z.string(), goal: z.enum(['maximize', 'minimize']) }),
    report: z.object({
      figures: z.array(z.string()).optional(),
      reference: z.object({ source: z.string(), points: z.array(z.object({ step: finite, accuracy: finite.optional(), loss: finite.optional() })) }).optional(),
    }),
  })
  .loose();

function parseSpec(files: Contents, sweepId: string): SweepSpec {
  const spec = parse<SweepSpec>(files, sweepId, 'sweep.json', specFile);
  if (spec === undefined) throw new UserError(`${sweepId}/sweep.json: not there; a sweep's folder has one`);
  return spec;
}

/** `schema` checks what the report relies on; T is what the writer of the file promises. */
function parse<T>(files: Contents, sweepId: string, path: string, schema: z.ZodType): T | undefined {
  const bytes = files.get(path);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new UserError(`${sweepId}/${path}: not JSON (${(error as Error).message})`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as T;
  const [issue] = parsed.error.issues;
  throw new UserError(`${sweepId}/${path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'not what it should be'}`);
}

function parseCurve(files: Contents, sweepId: string, path: string): CurvePoint[] {
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
