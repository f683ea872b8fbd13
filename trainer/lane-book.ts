/**
 * What has become of a job's lanes, in the store: each is looked up, adopted or begun where it was left, saved on its
 * way, and committed. It knows no kind of trainer: what trains (types.ts) says what it has seen of a lane, and hands
 * over bytes to go on from. A bench or a test that trains nothing commits here too.
 */
import { outcomeOf } from '../core/progress.ts';
import type {
  Checkpoint,
  CurvePoint,
  Lane,
  LaneOutcome,
  Observation,
  Origin,
  Resumable,
  RungRecord,
  TrialResult,
  TrialSamples,
} from '../core/results.ts';
import type { SamplingSpec, TrialSpec } from '../core/spec.ts';
import { scienceOf } from '../core/trial.ts';
import type { Store } from '../store/index.ts';
import { commitRung, readRung, rungOf } from '../store/rungs.ts';
import {
  adoptTrial,
  commitTrial,
  differenceFrom,
  isSampled,
  latestCheckpoint,
  readModel,
  readResult,
  saveCheckpoint,
  writeSamples,
} from '../store/runs.ts';
import type { TrainRequest } from './messages.ts';
import { findSeed } from './seed.ts';
import type { LaneEnd, SavedStep, Trainer } from './types.ts';

export interface LaneBook extends Pick<TrainRequest, 'job' | 'attempt' | 'attemptNumber' | 'worker'> {
  store: Store;
  /** What trains: of another one nothing is gone on from, or taken over. */
  origin(trial: TrialSpec): Origin;
  /** Left out: a trial of an extended sweep begins anew. */
  seedOf?: Trainer['seedOf'] | undefined;
  /** Lets a trained lane write what the job asks for; left out: it does not. */
  sample?:
    | ((lane: Lane, result: TrialResult, model: Checkpoint, sampling: SamplingSpec) => Promise<TrialSamples>)
    | undefined;
  /** Hears of what is damaged, and made again. */
  warn?(message: string): void;
}

/** A lane that is to be trained, and where from. */
export interface BegunLane extends Lane {
  resume: Resumable | undefined;
}

/** What was seen of a lane from its first step on, whoever trained it then. */
export interface Observed {
  curve: readonly CurvePoint[];
  observations: readonly Observation[];
}

/** What a lane took of its slot. */
export interface Taken {
  startedAt: Date;
  endedAt: Date;
  /** So many lanes, itself among them. */
  sharedBy: number;
}

/** Unless it has done so already. */
async function sampleOnce(book: LaneBook, lane: Lane, result: TrialResult): Promise<void> {
  const { store, job, sample } = book;
  const { sweepId, sampling } = job;
  if (!sample || sampling === undefined || (await isSampled(store, sweepId, result, sampling))) return;
  const model = await readModel(store, sweepId, result.trialId);
  if (model === undefined) return;
  await writeSamples(store, sweepId, result.trialId, await sample(lane, result, model, sampling));
}

/** What came of the lane, if an earlier job or attempt has trained it, or another sweep whose results may be used. */
export async function lookUp(book: LaneBook, lane: Lane): Promise<LaneOutcome | undefined> {
  const { store, job, attemptNumber } = book;
  const { sweepId, objective, toStep } = job;
  const { trialId, trial } = lane;
  const origin = book.origin(trial);
  const cached = attemptNumber === 1; // else: an earlier attempt ended before it could say so
  const onDamaged = (what: string) => book.warn?.(`${what}; it counts as missing`);
  const result =
    (await readResult(store, sweepId, trialId, onDamaged)) ??
    (job.adopt ? await adoptTrial(store, sweepId, trialId, origin) : undefined);
  if (result !== undefined) {
    await sampleOnce(book, lane, result);
    return outcomeOf(await rungOf(store, sweepId, result, toStep), objective, cached);
  }
  const reached = await readRung(store, sweepId, trialId, toStep);
  return reached && differenceFrom(origin, reached) === undefined ? outcomeOf(reached, objective, cached) : undefined;
}

/** The lane with what it goes on from: its own latest checkpoint, or what it was before the sweep was extended. */
export async function begin(book: LaneBook, lane: Lane): Promise<BegunLane> {
  const { store, job, seedOf } = book;
  const { sweepId, toStep: upTo } = job;
  const { trialId, trial } = lane;
  const origin = book.origin(trial);
  const onDamaged = (key: string, why: string) => book.warn?.(`${key}: ${why}; going back to the one before`);
  const resume =
    (await latestCheckpoint(store, sweepId, trialId, origin, { upTo, onDamaged })) ??
    (seedOf && (await findSeed(store, sweepId, trial, { origin, upTo, seedOf })));
  return { ...lane, resume };
}

/** What was seen up to the step, with what goes on from there, if anything does. */
function checkpointAt(step: number, { curve, observations }: Observed, saved: SavedStep | undefined): Checkpoint {
  const upTo = (one: { step: number }) => one.step <= step;
  return {
    step,
    curve: curve.filter(upTo),
    observations: observations.filter(upTo),
    ...(saved?.step === step && { state: saved.state }),
  };
}

/** Keeps a step that a lane can be gone on from. */
export async function save(book: LaneBook, { trialId, trial }: Lane, seen: Observed, saved: SavedStep): Promise<void> {
  const { store, job, attempt } = book;
  const checkpoint = checkpointAt(saved.step, seen, saved);
  await saveCheckpoint(store, job.sweepId, trialId, checkpoint, { attempt, origin: book.origin(trial) });
}

/**
 * Commits what the lane has come to, at its end or at the job's rung; undefined if it was stopped on the way, and is to
 * go on from what it has saved.
 */
export async function commit(
  book: LaneBook,
  lane: Lane,
  seen: Observed,
  { saved, steps, metrics, parameters, replayed, status }: LaneEnd,
  taken: Taken,
): Promise<LaneOutcome | undefined> {
  const { store, job } = book;
  const { trialId, trial } = lane;
  const origin = book.origin(trial);
  const record: RungRecord = {
    trialId,
    trial,
    science: scienceOf(trial),
    steps,
    metrics,
    ...(parameters !== undefined && { parameters }),
    backend: origin.backend,
    replayed: replayed ?? origin.replayed,
  };
  const checkpoint = checkpointAt(steps, seen, saved);
  if (status !== 'paused') return finish(book, lane, { ...record, status }, checkpoint, taken);
  const atRung = steps === job.toStep;
  if (saved && !(atRung && checkpoint.state)) await save(book, lane, seen, saved);
  if (!atRung) return undefined;
  return outcomeOf(await commitRung(store, job.sweepId, { record, checkpoint }, origin), job.objective);
}

async function finish(
  book: LaneBook,
  lane: Lane,
  own: TrialResult,
  model: Checkpoint,
  { startedAt, endedAt, sharedBy }: Taken,
): Promise<LaneOutcome> {
  const { store, job, attemptNumber, worker } = book;
  const timing = {
    seconds: (endedAt.getTime() - startedAt.getTime()) / 1000 / sharedBy,
    attempts: attemptNumber,
    worker,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
  };
  const result = await commitTrial(store, job.sweepId, { result: own, timing, curve: model.curve, model });
  await sampleOnce(book, lane, result);
  return outcomeOf(result, job.objective);
}
