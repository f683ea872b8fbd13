/**
 * Trains the lanes of a job, side by side those that one program serves; what becomes of each goes to the store at
 * once.
 */
import { UserError } from '../core/errors.ts';
import { trialProblem } from '../core/form/check.ts';
import { packsOf } from '../core/packs.ts';
import { outcomeOf } from '../core/progress.ts';
import type { Lane, LaneOutcome, Metrics, RungRecord, TrialResult } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { Backend } from '../engine/backends/index.ts';
import type { Programs } from './network/programs.ts';
import { sampleTrial } from './network/sample.ts';
import { trainPack, type Report, type Trained } from './network/train.ts';
import type { Checkpoint } from '../models/types.ts';
import { openStore, type Store } from '../store/index.ts';
import { commitRung, readRung, rungOf } from '../store/rungs.ts';
import {
  adoptTrial,
  commitTrial,
  differenceFrom,
  isSampled,
  latestCheckpoint,
  readCorpus,
  readModel,
  readResult,
  saveCheckpoint,
  writeSamples,
} from '../store/runs.ts';
import { computed, ofComputing, OtherScience } from './failures.ts';
import type { Answer, FromTrainer, TrainRequest } from './messages.ts';
import { findSeed } from './seed.ts';

/** A kill loses at most this much training (and the time to the next evaluation). Tests shorten it. */
const CHECKPOINT_EVERY_MS = 1000 * Number(process.env['SWEEP_CHECKPOINT_SECONDS'] ?? 15);
/** Often enough for a live display, and far below the heartbeat timeout. */
const PROGRESS_EVERY_MS = 500;

export interface Trainer {
  backend: Backend;
  programs: Programs;
  send(message: FromTrainer): void;
  /** Aborted: save a checkpoint of everything, and end. */
  signal: AbortSignal;
}

/** A lane that is to be trained, and where from. */
interface Waiting extends Lane {
  resume: Checkpoint | undefined;
}

/** The text that the trial learns from, if it does. */
export async function corpusOf(store: Store, sweepId: string, { task }: TrialSpec): Promise<string | undefined> {
  return typeof task['corpus'] === 'string' ? readCorpus(store, sweepId, task['corpus']) : undefined;
}

/** Throws a UserError for a trial that no sweep file can ask for: a workflow knows little of what its spec means. */
export function checkTrial(trial: TrialSpec): void {
  const problem = trialProblem(trial);
  if (problem !== undefined) throw new UserError(problem);
}

export async function trainJob(request: TrainRequest, trainer: Trainer): Promise<Answer> {
  const { job } = request;
  if (job.science !== SCIENCE_VERSION)
    throw new OtherScience(
      `this job is of version ${job.science} of the science, this worker has version ${SCIENCE_VERSION}`,
    );
  for (const { trial } of job.lanes) checkTrial(trial);
  const store = openStore(request.store);
  const own = lanesOf(request, trainer, store);
  const outcomes = new Map<string, LaneOutcome>();
  const waiting: Waiting[] = [];
  for (const lane of job.lanes) {
    const known = await own.known(lane);
    if (known) outcomes.set(lane.trialId, known);
    else waiting.push(await own.begin(lane));
  }
  for (const pack of packsOf(waiting)) {
    const ended = await own.train(pack);
    if (ended === undefined) return { type: 'stopped' };
    for (const outcome of ended) outcomes.set(outcome.trialId, outcome);
  }
  return { type: 'done', outcomes: job.lanes.map(({ trialId }) => outcomes.get(trialId) as LaneOutcome) };
}

function lanesOf(
  { job, attempt, attemptNumber, worker }: TrainRequest,
  { backend, programs, send, signal }: Trainer,
  store: Store,
) {
  const { sweepId, objective, toStep } = job;
  const origin = { backend: backend.name, replayed: backend.replayable };

  let reportedAt = 0;
  function report({ label, trialId }: Pick<Lane, 'label' | 'trialId'>, step: number, metrics: Metrics): void {
    send({ type: 'progress', progress: { label, trialId, step, toStep, metrics, worker } });
    reportedAt = Date.now();
  }
  const isDue = () => Date.now() - reportedAt >= PROGRESS_EVERY_MS;

  /** Lets the trained network write what the job asks for, unless it has done so already. */
  async function sample(lane: Lane, result: TrialResult): Promise<void> {
    const { sampling } = job;
    const { trialId, trial, steps, metrics } = result;
    if (sampling === undefined || (await isSampled(store, sweepId, result, sampling))) return;
    const model = await readModel(store, sweepId, trialId);
    if (model === undefined) return;
    const onTurn = () => {
      if (isDue()) report(lane, steps, metrics);
    };
    const corpus = await corpusOf(store, sweepId, trial);
    const samples = await sampleTrial(trial, model, sampling, { corpus, onTurn }).catch((error: unknown) => {
      throw ofComputing(error);
    });
    await writeSamples(store, sweepId, trialId, samples);
  }

  /** What came of the lane, if an earlier job or attempt has trained it. */
  async function known(lane: Lane): Promise<LaneOutcome | undefined> {
    const { trialId } = lane;
    const cached = attemptNumber === 1; // else: an earlier attempt ended before it could say so
    const onDamaged = (what: string) => send({ type: 'warning', message: `${what}; it counts as missing` });
    const result =
      (await readResult(store, sweepId, trialId, onDamaged)) ??
      (job.adopt ? await adoptTrial(store, sweepId, trialId, origin) : undefined);
    if (result !== undefined) {
      await sample(lane, result);
      return outcomeOf(await rungOf(store, sweepId, result, toStep), objective, cached);
    }
    const reached = await readRung(store, sweepId, trialId, toStep);
    return reached && differenceFrom(origin, reached) === undefined ? outcomeOf(reached, objective, cached) : undefined;
  }

  async function begin(lane: Lane): Promise<Waiting> {
    const onDamaged = (key: string, why: string) =>
      void send({ type: 'warning', message: `${key}: ${why}; going back to the one before` });
    const resume =
      (await latestCheckpoint(store, sweepId, lane.trialId, origin, { upTo: toStep, onDamaged })) ??
      (await findSeed(store, sweepId, lane.trial, { origin, upTo: toStep }));
    return { ...lane, resume };
  }

  /** Commits what the lane has come to; undefined if it was stopped on the way, and is to go on from its checkpoint. */
  async function commit(lane: Lane, end: Trained, startedAt: Date, sharedBy: number): Promise<LaneOutcome | undefined> {
    const { trialId, trial } = lane;
    const { checkpoint, steps, metrics, parameters, replayed, status } = end;
    const record: RungRecord = {
      trialId,
      trial,
      science: SCIENCE_VERSION,
      steps,
      metrics,
      parameters,
      backend: backend.name,
      replayed,
    };
    if (status === 'paused' && steps === toStep)
      return outcomeOf(await commitRung(store, sweepId, { record, checkpoint }, origin), objective);
    if (status === 'paused') {
      await saveCheckpoint(store, sweepId, trialId, checkpoint, { attempt, origin });
      return undefined;
    }
    const endedAt = new Date();
    const result = await commitTrial(store, sweepId, {
      result: { ...record, status },
      timing: {
        // What it took of its slot: lanes share it.
        seconds: (endedAt.getTime() - startedAt.getTime()) / 1000 / sharedBy,
        attempts: attemptNumber,
        worker,
        startedAt: startedAt.toISOString(),
        endedAt: endedAt.toISOString(),
      },
      curve: checkpoint.curve,
      model: checkpoint,
    });
    await sample(lane, result);
    return outcomeOf(result, objective);
  }

  /** Trains lanes that one program serves to the job's step; undefined if they were stopped on the way. */
  async function train(pack: readonly Waiting[]): Promise<LaneOutcome[] | undefined> {
    const startedAt = new Date();
    const outcomes: LaneOutcome[] = [];
    const going = new Map(
      pack.map((lane, i) => [
        i,
        {
          lane,
          savedAt: Date.now(),
          step: lane.resume?.step ?? 0,
          metrics: lane.resume?.curve.at(-1)?.metrics ?? ({} as Metrics),
        },
      ]),
    );
    /** Of the first lane that is still going: it stands for the others. */
    function reportFirst(): void {
      const [first] = going.values();
      if (first === undefined) return;
      const {
        lane: { label, trialId },
        step,
        metrics,
      } = first;
      const others = going.size > 1 ? ` and ${going.size - 1} more` : '';
      report({ label: `${label}${others}`, trialId }, step, metrics);
    }
    function onStep(steps: ReadonlyMap<number, number>): void {
      for (const [i, step] of steps) {
        const own = going.get(i);
        if (own) own.step = step;
      }
    }
    const onTurn = () => {
      if (isDue()) reportFirst();
    };
    async function evaluated(
      own: NonNullable<ReturnType<typeof going.get>>,
      { step, metrics, checkpoint }: Report,
    ): Promise<void> {
      Object.assign(own, { step, metrics });
      reportFirst();
      if (Date.now() - own.savedAt < CHECKPOINT_EVERY_MS) return;
      await saveCheckpoint(store, sweepId, own.lane.trialId, checkpoint(), { attempt, origin });
      own.savedAt = Date.now();
    }

    reportFirst();
    const corpus = await corpusOf(store, sweepId, (pack[0] as Lane).trial);
    let stopped = false;
    for await (const event of computed(
      trainPack(pack, { programs, toStep, signal, onStep, onTurn, corpus }),
      reportFirst,
    )) {
      const own = going.get(event.lane);
      if (own === undefined) throw new Error(`lane ${event.lane} goes on after its end`);
      if ('report' in event) {
        await evaluated(own, event.report);
        continue;
      }
      going.delete(event.lane);
      const outcome = await commit(own.lane, event.end, startedAt, pack.length);
      if (outcome) outcomes.push(outcome);
      else stopped = true;
    }
    return stopped ? undefined : outcomes;
  }

  return { known, begin, train };
}
