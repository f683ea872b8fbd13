/** The run folder, typed: which key holds what, and in which order a trial's files are written. */
import { createHash } from 'node:crypto';
import type { Control } from '../core/control.ts';
import { UserError } from '../core/errors.ts';
import { canonicalJson, hashJson } from '../core/json.ts';
import type {
  Checkpoint,
  CurvePoint,
  Origin,
  Resumable,
  RungRecord,
  TrialFailure,
  TrialResult,
  TrialSamples,
  TrialTiming,
} from '../core/results.ts';
import type { SamplingSpec, SweepSpec, TrainingSpec } from '../core/spec.ts';
import { scienceOf } from '../core/trial.ts';
import { decodeCheckpoint, encodeCheckpoint, observationsIn } from './checkpoint.ts';
import { decodeCurve, encodeCurve } from './curve.ts';
import { clearDecisions } from './decisions.ts';
import { pretty, putFirst, readJson, readWhole, trialKey, type OnDamaged } from './keys.ts';
import { readAhead } from './read-ahead.ts';
import type { Store } from './types.ts';

export { knownStoreId, storeId } from './identity.ts';
const ENDS = ['completed', 'cancelled', 'failed'];

/** How a sweep ended, in `outcome.json`; absent while it runs. */
export interface SweepOutcome {
  state: 'completed' | 'cancelled' | 'failed';
  total: number;
  completed: number;
  diverged: number;
  failed: number;
  stopped?: number;
  at: string;
  message?: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const RESULT = 'result.json';
const FAILURE = 'failure.json';
const MODEL = 'model.ckpt';
const CURVE = 'metrics.csv';
const OBSERVATIONS = 'observations.json';
const TIMING = 'timing.json';
/**
 * Written before each result, which is nothing without them; the last one looked for is the one that may rightly be
 * missing.
 */
const BESIDE_RESULT = [MODEL, CURVE, TIMING, OBSERVATIONS] as const;

/** Removes what writers that died have left anywhere under a prefix. */
export async function clearAbandoned(store: Store, prefix: string): Promise<void> {
  for (const { key, abandoned } of (await store.strays?.(prefix)) ?? []) if (abandoned) await store.remove(key);
}

// ---- sweeps ----

/** Ids of the sweeps in the runs folder. */
export async function listSweeps(store: Store): Promise<string[]> {
  const folders = (await store.list('')).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1));
  const found: string[] = [];
  // A folder that may not be looked into, lost+found for one, is no sweep.
  const isSweep = async (id: string) => (await store.list(id).catch((): string[] => [])).includes('sweep.json');
  for await (const [id, is] of readAhead(folders, async (one) => [one, await isSweep(one)] as const))
    if (is) found.push(id);
  return found;
}

const SPEC_OBJECTS = ['training', 'space', 'search', 'scheduler', 'objective', 'budget'];
/** What is trained: a network, or a program. */
const SUBJECTS = [
  ['task', 'model'],
  ['program', 'parameters'],
];

/** What a resolved spec is counted and named by; the rest is what its writer promises. */
const isSpec = (value: unknown): value is SweepSpec =>
  isObject(value) &&
  SPEC_OBJECTS.every((key) => isObject(value[key])) &&
  SUBJECTS.some((keys) => keys.every((key) => isObject(value[key]))) &&
  typeof value['name'] === 'string' &&
  [value['repeats'], value['seed']].every(Number.isFinite);

/** Undefined where there is none; throws a UserError that names one that is none. */
export async function readSpec(store: Store, sweepId: string): Promise<SweepSpec | undefined> {
  const key = `${sweepId}/sweep.json`;
  const spec = await readJson<unknown>(store, key);
  if (spec === undefined || isSpec(spec)) return spec;
  throw new UserError(`${store.url}/${key}: not a resolved sweep`);
}

/** The spec of a sweep that was there a moment ago; throws a UserError if it has gone meanwhile. */
export async function specOf(store: Store, sweepId: string): Promise<SweepSpec> {
  const spec = await readSpec(store, sweepId);
  if (spec === undefined) throw new UserError(`${sweepId}: ${store.url}/${sweepId}/sweep.json has gone`);
  return spec;
}

/** A spec that a sweep had before it was extended: what it was, and how its trials ended. */
export interface EarlierSpec {
  hash: string;
  ends: Pick<TrainingSpec, 'maxSteps' | 'stopWhen'>;
}

const EXTENDED = 'extended.json';
/** The specs that a sweep had before, oldest first. */
export async function readEarlier(store: Store, sweepId: string): Promise<EarlierSpec[]> {
  const key = `${sweepId}/${EXTENDED}`;
  const earlier = (await readJson<EarlierSpec[]>(store, key)) ?? [];
  if (!Array.isArray(earlier) || !earlier.every((one) => isObject(one) && isObject(one.ends)))
    throw new UserError(`${store.url}/${key}: not a list of earlier specs`);
  return earlier;
}

/**
 * Keeps the resolved spec of a sweep. Returns the one that stands: the given one, or what it has been extended to;
 * undefined if the id belongs to another sweep.
 */
export async function claimSweep(store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSpec | undefined> {
  if (await store.putNew(`${sweepId}/sweep.json`, pretty(spec))) return spec;
  return standingSpec(store, sweepId, spec);
}

/** The spec of a sweep that has the given one, or had it before it was extended; undefined: there is no such sweep. */
export async function standingSpec(store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSpec | undefined> {
  const there = await readSpec(store, sweepId);
  const hash = hashJson(spec);
  if (there === undefined || hashJson(there) === hash) return there;
  return (await readEarlier(store, sweepId)).some((earlier) => earlier.hash === hash) ? there : undefined;
}

/**
 * Lets a sweep go on that has ended, or with another spec: how it ended, what failed and what was decided is forgotten.
 * Safe to repeat.
 */
export async function reopenSweep(store: Store, sweepId: string, spec: SweepSpec): Promise<void> {
  const there = await readSpec(store, sweepId);
  if (there !== undefined && hashJson(there) !== hashJson(spec)) {
    const { maxSteps, stopWhen } = there.training;
    const earlier = (await readEarlier(store, sweepId)).filter(({ hash }) => hash !== hashJson(there));
    await store.put(
      `${sweepId}/${EXTENDED}`,
      pretty([...earlier, { hash: hashJson(there), ends: { maxSteps, ...(stopWhen && { stopWhen }) } }]),
    );
    await store.put(`${sweepId}/sweep.json`, pretty(spec));
  }
  await clearDecisions(store, sweepId);
  for (const trialId of await listTrials(store, sweepId)) await store.remove(trialKey(sweepId, trialId, FAILURE));
  await clearOutcome(store, sweepId);
}

/** What people have set while the sweep ran; nothing if nobody did. */
export const readControl = async (store: Store, sweepId: string): Promise<Control> =>
  (await readJson<Control>(store, `${sweepId}/control.json`)) ?? { paused: false };
export const writeControl = (store: Store, sweepId: string, control: Control) =>
  store.put(`${sweepId}/control.json`, pretty(control));

export async function readOutcome(store: Store, sweepId: string): Promise<SweepOutcome | undefined> {
  const key = `${sweepId}/outcome.json`;
  const outcome = await readJson<SweepOutcome>(store, key);
  if (outcome === undefined || (isObject(outcome) && ENDS.includes(outcome.state))) return outcome;
  throw new UserError(`${store.url}/${key}: not the end of a sweep`);
}
export const writeOutcome = (store: Store, sweepId: string, outcome: SweepOutcome) =>
  store.put(`${sweepId}/outcome.json`, pretty(outcome));
export const clearOutcome = (store: Store, sweepId: string) => store.remove(`${sweepId}/outcome.json`);

// ---- corpora ----

/** A text that trials refer to as 'sha256:…', kept with the sweep so that the run folder needs nothing else. */
export const writeCorpus = (store: Store, sweepId: string, reference: string, text: string) =>
  store.putNew(`${sweepId}/corpora/${reference.replace('sha256:', '')}.txt`, text);

export async function readCorpus(store: Store, sweepId: string, reference: string): Promise<string> {
  const key = `${sweepId}/corpora/${reference.replace('sha256:', '')}.txt`;
  const bytes = await store.get(key);
  if (bytes === undefined) throw new Error(`${store.url}/${key} is missing`);
  if (createHash('sha256').update(bytes).digest('hex') !== reference.replace('sha256:', ''))
    throw new Error(`${store.url}/${key} has changed`);
  return Buffer.from(bytes).toString('utf8');
}

// ---- trials ----

/** Named by its id, and not by a program that keeps copies. */
const TRIAL_FOLDER = /^[0-9a-f]{20}\/$/;

export async function listTrials(store: Store, sweepId: string): Promise<string[]> {
  return (await store.list(`${sweepId}/trials`))
    .filter((name) => TRIAL_FOLDER.test(name))
    .map((name) => name.slice(0, -1));
}

/** What everybody who reads a result relies on. */
const isResultOf = (trialId: string, value: unknown): value is TrialResult =>
  isObject(value) &&
  value['trialId'] === trialId &&
  (value['status'] === 'completed' || value['status'] === 'diverged') &&
  isObject(value['trial']) &&
  isObject(value['trial']['training']) &&
  isObject(value['metrics']) &&
  Number.isFinite(value['steps']);

/**
 * What a result comes with: which of it is missing; undefined: nothing. Older versions wrote no observations where
 * there were none.
 */
async function missingBeside(store: Store, sweepId: string, trialId: string): Promise<string | undefined> {
  const there = await store.list(trialKey(sweepId, trialId));
  const missing = BESIDE_RESULT.find((file) => !there.includes(file));
  if (missing !== OBSERVATIONS) return missing;
  const network = await store.get(trialKey(sweepId, trialId, MODEL));
  return network !== undefined && observationsIn(network) === 0 ? undefined : OBSERVATIONS;
}

/**
 * The result of a finished trial. One that cannot be read, or has lost its curve, network or another of its files,
 * counts as none, and `onDamaged` hears of it: the trial is trained again.
 */
export async function readResult(
  store: Store,
  sweepId: string,
  trialId: string,
  onDamaged: OnDamaged = () => {},
): Promise<TrialResult | undefined> {
  const key = trialKey(sweepId, trialId, RESULT);
  const result = await readWhole<unknown>(store, key, onDamaged);
  if (result === undefined) return undefined;
  if (!isResultOf(trialId, result)) return void onDamaged(`${store.url}/${key}: not the result of this trial`);
  const missing = await missingBeside(store, sweepId, trialId);
  return missing === undefined ? result : void onDamaged(`${store.url}/${key}: without its ${missing}`);
}
export const readTiming = (store: Store, sweepId: string, trialId: string) =>
  readWhole<TrialTiming>(store, trialKey(sweepId, trialId, TIMING));
export const readFailure = (store: Store, sweepId: string, trialId: string) =>
  readWhole<TrialFailure>(store, trialKey(sweepId, trialId, FAILURE));
export const clearFailure = (store: Store, sweepId: string, trialId: string) =>
  store.remove(trialKey(sweepId, trialId, FAILURE));
export const writeFailure = (store: Store, sweepId: string, failure: TrialFailure) =>
  store.put(trialKey(sweepId, failure.trialId, FAILURE), pretty(failure));

export async function readCurve(store: Store, sweepId: string, trialId: string): Promise<CurvePoint[] | undefined> {
  const bytes = await store.get(trialKey(sweepId, trialId, CURVE));
  return bytes === undefined ? undefined : decodeCurve(Buffer.from(bytes).toString('utf8'));
}

/** What the trained network wrote when it was last asked. */
export const readSamples = (store: Store, sweepId: string, trialId: string) =>
  readWhole<TrialSamples>(store, trialKey(sweepId, trialId, 'samples.json'));
export const writeSamples = (store: Store, sweepId: string, trialId: string, samples: TrialSamples) =>
  store.put(trialKey(sweepId, trialId, 'samples.json'), pretty(samples));

/** Whether a trained network has written what the sweep asks for. One that diverged has nothing to say. */
export async function isSampled(
  store: Store,
  sweepId: string,
  { trialId, status }: TrialResult,
  sampling: SamplingSpec | undefined,
): Promise<boolean> {
  if (sampling === undefined || status === 'diverged') return true;
  const done = await readSamples(store, sweepId, trialId);
  return done !== undefined && hashJson(done.sampling) === hashJson(sampling);
}

/** What was trained, at its last step. Throws a UserError that names a damaged one. */
export async function readModel(store: Store, sweepId: string, trialId: string): Promise<Checkpoint | undefined> {
  const key = trialKey(sweepId, trialId, MODEL);
  const bytes = await store.get(key);
  try {
    return bytes && decodeCheckpoint(bytes).checkpoint;
  } catch (error) {
    throw new UserError(
      `${store.url}/${key}: ${(error as Error).message}; remove the trial's folder and start the sweep again, to have it trained anew`,
    );
  }
}

export interface FinishedTrial {
  result: TrialResult;
  timing: TrialTiming;
  curve: CurvePoint[];
  model: Checkpoint;
}

/**
 * Commits a finished trial once: `result.json` is written last and only if nobody was first with one that is whole, so
 * a trial with a result is whole. Same trial, same result: whoever comes second has nothing to add. Returns what now
 * stands there.
 */
export async function commitTrial(
  store: Store,
  sweepId: string,
  { result, timing, curve, model }: FinishedTrial,
): Promise<TrialResult> {
  const key = (file: string) => trialKey(sweepId, result.trialId, file);
  let standing = await readResult(store, sweepId, result.trialId);
  if (standing === undefined) {
    await Promise.all([
      // at once: each waits for the disk
      store.put(key(MODEL), encodeCheckpoint(model, result)),
      store.put(key(CURVE), encodeCurve(curve)),
      store.put(key(OBSERVATIONS), pretty(model.observations)),
      store.put(key(TIMING), pretty(timing)),
    ]);
    standing = await putFirst(store, key(RESULT), result, isSameAs(result));
    await store.remove(key(FAILURE));
  }
  await store.remove(key('attempts'));
  await store.remove(key('rungs'));
  return standing;
}

/** Why a result or a rung is not what this origin would give, as a reason that may be counted; undefined if it is. */
export function differenceFrom({ backend, replayed }: Origin, result: RungRecord): string | undefined {
  const science = scienceOf(result.trial);
  if (result.science !== science) return `of version ${result.science} of the science, not ${science}`;
  if (result.backend !== backend) return `trained by ${result.backend}, not ${backend}`;
  if (result.replayed !== replayed)
    return result.replayed ? 'trained as a graph, not step by step' : 'trained step by step, not as a graph';
  return undefined;
}

/**
 * Removes what a finished trial keeps where a kill came right after its commit: the way to it, and an earlier failure.
 */
export async function clearLeftovers(store: Store, sweepId: string, trialId: string): Promise<void> {
  const there = await store.list(trialKey(sweepId, trialId));
  for (const name of ['attempts', 'rungs', FAILURE])
    if (there.includes(name) || there.includes(`${name}/`)) await store.remove(trialKey(sweepId, trialId, name));
}

/** A result that has lost its files may be of another origin than those that take their place. */
const isSameAs = (result: TrialResult) => (there: TrialResult) => canonicalJson(there) === canonicalJson(result);

interface Taken {
  result: TrialResult;
  files: [name: string, bytes: Uint8Array][];
}

/**
 * A finished trial of one sweep with all its files; undefined where it has none of this origin, or its network or curve
 * is damaged.
 */
async function takeTrial(store: Store, sweepId: string, trialId: string, origin: Origin): Promise<Taken | undefined> {
  const result = await readResult(store, sweepId, trialId);
  if (result === undefined || differenceFrom(origin, result) !== undefined) return undefined;
  const all = await Promise.all(
    BESIDE_RESULT.map(async (file) => [file, await store.get(trialKey(sweepId, trialId, file))] as const),
  );
  const files = all.flatMap(([name, bytes]): Taken['files'] => (bytes === undefined ? [] : [[name, bytes]]));
  const { [MODEL]: network = Buffer.of(), [CURVE]: curve = Buffer.of() } = Object.fromEntries(files);
  decodeCurve(Buffer.from(curve).toString('utf8'));
  return decodeCheckpoint(network).checkpoint.step === result.steps ? { result, files } : undefined;
}

/**
 * A result of the same trial and origin from one of the other sweeps of the runs folder, copied into this one;
 * undefined where there is none.
 */
export async function adoptTrial(
  store: Store,
  sweepId: string,
  trialId: string,
  origin: Origin,
  sweeps?: readonly string[],
): Promise<TrialResult | undefined> {
  for (const other of sweeps ?? (await listSweeps(store))) {
    if (other === sweepId) continue;
    // What is wrong with the files of another sweep, damaged or not to be read, keeps no trial of this one from being
    // trained.
    const taken = await takeTrial(store, other, trialId, origin).catch(() => undefined);
    if (taken === undefined) continue;
    for (const [file, bytes] of taken.files) await store.put(trialKey(sweepId, trialId, file), bytes);
    return putFirst(store, trialKey(sweepId, trialId, RESULT), taken.result, isSameAs(taken.result)); // last, as in a commit
  }
  return undefined;
}

// ---- checkpoints of a trial that is being trained ----

const stepOf = (key: string) => Number(/(?:^|\/)step-(\d+)\.ckpt$/.exec(key)?.[1] ?? -1);

/** Every checkpoint of a trial on its way, newest first, whatever attempt it is of. */
async function attemptKeys(store: Store, sweepId: string, trialId: string): Promise<string[]> {
  const attempts = trialKey(sweepId, trialId, 'attempts');
  const keys: string[] = [];
  for (const attempt of await store.list(attempts)) {
    for (const file of await store.list(`${attempts}/${attempt}`))
      if (stepOf(file) >= 0) keys.push(`${attempts}/${attempt}${file}`);
  }
  return newestFirst(keys);
}

async function rungCheckpointKeys(store: Store, sweepId: string, trialId: string): Promise<string[]> {
  const rungs = trialKey(sweepId, trialId, 'rungs');
  return (await store.list(rungs)).filter((file) => stepOf(file) >= 0).map((file) => `${rungs}/${file}`);
}

const newestFirst = (keys: string[]) => [...keys].sort((a, b) => stepOf(b) - stepOf(a));

export interface CheckpointOptions {
  /** Not one beyond this step; left out: the newest there is. */
  upTo?: number;
  onDamaged?(key: string, why: string): void;
}

const isSame = (a: Origin, b: Origin | undefined) => a.backend === b?.backend && a.replayed === b.replayed;

export const isResumable = (checkpoint: Checkpoint): checkpoint is Resumable => checkpoint.state !== undefined;

/**
 * The newest checkpoint of this origin that is whole and can be gone on from; a damaged one falls back to the one
 * before, and `onDamaged` hears of it.
 */
export async function latestCheckpoint(
  store: Store,
  sweepId: string,
  trialId: string,
  origin: Origin,
  { upTo = Infinity, onDamaged }: CheckpointOptions = {},
): Promise<Resumable | undefined> {
  const keys = await Promise.all([rungCheckpointKeys(store, sweepId, trialId), attemptKeys(store, sweepId, trialId)]);
  for (const key of newestFirst(keys.flat()).filter((one) => stepOf(one) <= upTo)) {
    try {
      const bytes = await store.get(key);
      const found = bytes && decodeCheckpoint(bytes);
      if (found && isSame(origin, found.origin) && isResumable(found.checkpoint)) return found.checkpoint;
    } catch (error) {
      onDamaged?.(`${store.url}/${key}`, (error as Error).message);
    }
  }
  return undefined;
}

/** As far as a trial on its way has saved it, whoever trains it. */
export async function savedCurve(store: Store, sweepId: string, trialId: string): Promise<CurvePoint[] | undefined> {
  const keys = await Promise.all([rungCheckpointKeys(store, sweepId, trialId), attemptKeys(store, sweepId, trialId)]);
  for (const key of newestFirst(keys.flat())) {
    try {
      const bytes = await store.get(key);
      if (bytes !== undefined) return decodeCheckpoint(bytes).checkpoint.curve;
    } catch {
      continue; // a damaged one: the one before says nearly as much
    }
  }
  return undefined;
}

export interface Attempt {
  attempt: string;
  origin: Origin;
}

/**
 * Writes an attempt's checkpoint, into a folder of its own, and keeps the last two up to it, of all attempts. Those
 * further on are damaged or of another origin, or it would have begun there: they stay, so that this one's own are the
 * last two. Of a trial that has its result nothing stays.
 */
export async function saveCheckpoint(
  store: Store,
  sweepId: string,
  trialId: string,
  checkpoint: Checkpoint,
  { attempt, origin }: Attempt,
): Promise<void> {
  const name = `step-${String(checkpoint.step).padStart(9, '0')}.ckpt`;
  await store.put(trialKey(sweepId, trialId, `attempts/${attempt}/${name}`), encodeCheckpoint(checkpoint, origin));
  const upTo = (await attemptKeys(store, sweepId, trialId)).filter((key) => stepOf(key) <= checkpoint.step);
  for (const key of upTo.slice(2)) await store.remove(key);
  // An attempt that was taken for lost may come back once another one has committed the trial, and cleared its place.
  if ((await store.get(trialKey(sweepId, trialId, RESULT))) !== undefined)
    await store.remove(trialKey(sweepId, trialId, 'attempts'));
}
