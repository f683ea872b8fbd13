/**
 * A trainer process: loads TensorFlow once, trains one job at a time, saves checkpoints, commits results to the store.
 * It belongs to the worker that started it and ends when the worker is gone.
 */
import { UserError } from '../core/errors.ts';
import { outcomeOf } from '../core/progress.ts';
import type { Lane, LaneOutcome, RungRecord } from '../core/results.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { loadBackend, type Backend, type BackendChoice } from '../models/backends/index.ts';
import { compiler } from '../models/graph/index.ts';
import { programsKept } from '../models/programs.ts';
import { sampleTrial } from '../models/sample.ts';
import { train } from '../models/train.ts';
import { openStore, type Store } from '../store/index.ts';
import { commitRung, readRung, rungOf } from '../store/rungs.ts';
import { adoptTrial, commitTrial, isSampled, latestCheckpoint, readCorpus, readModel, readResult, saveCheckpoint, writeSamples } from '../store/runs.ts';
import type { FromTrainer, ToTrainer, TrainRequest } from './messages.ts';
import { findSeed } from './seed.ts';

/** A kill loses at most this much training (and the time to the next evaluation). Tests shorten it. */
const CHECKPOINT_EVERY_MS = 1000 * Number(process.env['SWEEP_CHECKPOINT_SECONDS'] ?? 15);
/** Often enough for a live display, and far below the heartbeat timeout. */
const PROGRESS_EVERY_MS = 500;

const send = (message: FromTrainer) => process.send?.(message);
const backend: Promise<Backend> = loadBackend(JSON.parse(process.argv[2] ?? '{}') as BackendChoice);
backend.catch(() => {}); // reported with the first job
const programs = programsKept(compiler((line) => send({ type: 'debug', line })));
let stopping = new AbortController();

/** Trains one lane up to the job's step from its latest checkpoint; undefined if it was stopped on the way. */
async function trainLane(lane: Lane, request: TrainRequest, store: Store): Promise<LaneOutcome | undefined> {
  const { job, attempt, attemptNumber, worker } = request;
  const { sweepId, objective, toStep } = job;
  const { trialId, trial, label } = lane;
  const { name: backendName, replayable } = await backend;
  const corpus = typeof trial.task['corpus'] === 'string' ? await readCorpus(store, sweepId, trial.task['corpus']) : undefined;
  const cached = attemptNumber === 1; // else: an earlier attempt ended before it could say so
  const origin = { backend: backendName, replayed: replayable };
  const known = (await readResult(store, sweepId, trialId)) ?? (job.adopt ? await adoptTrial(store, sweepId, trialId, origin) : undefined);
  if (known !== undefined) {
    await sample(lane, request, store, corpus);
    return outcomeOf(await rungOf(store, sweepId, known, toStep), objective, cached);
  }
  const reached = await readRung(store, sweepId, trialId, toStep);
  if (reached !== undefined) return outcomeOf(reached, objective, cached);

  const startedAt = new Date();
  const onDamaged = (key: string, why: string) => void send({ type: 'warning', message: `${key}: ${why}; going back to the one before` });
  const resume = (await latestCheckpoint(store, sweepId, trialId, { upTo: toStep, onDamaged })) ?? (await findSeed(store, sweepId, trial, toStep));
  const report = (step: number, metrics: Record<string, number>) => send({ type: 'progress', progress: { label, trialId, step, toStep, metrics, worker } });
  let metrics = resume?.curve.at(-1)?.metrics ?? {};
  let reportedAt = 0;
  report(resume?.step ?? 0, metrics);
  const onStep = (step: number) => {
    if (Date.now() - reportedAt < PROGRESS_EVERY_MS) return;
    reportedAt = Date.now();
    report(step, metrics);
  };

  const training = train(trial, { programs, ...(resume && { resume }), toStep, signal: stopping.signal, onStep, corpus });
  let savedAt = Date.now();
  let step = await training.next();
  for (; !step.done; step = await training.next()) {
    ({ metrics } = step.value);
    report(step.value.step, metrics);
    if (Date.now() - savedAt < CHECKPOINT_EVERY_MS) continue;
    await saveCheckpoint(store, sweepId, trialId, attempt, step.value.checkpoint());
    savedAt = Date.now();
  }
  const end = step.value;
  const record: RungRecord = {
    trialId, trial, science: SCIENCE_VERSION, steps: end.steps, metrics: end.metrics, parameters: end.parameters, backend: backendName, replayed: end.replayed,
  };
  if (end.status === 'paused' && end.steps === toStep) return outcomeOf(await commitRung(store, sweepId, { record, checkpoint: end.checkpoint }), objective);
  if (end.status === 'paused') {
    await saveCheckpoint(store, sweepId, trialId, attempt, end.checkpoint);
    return undefined;
  }
  const endedAt = new Date();
  const result = await commitTrial(store, sweepId, {
    result: { ...record, status: end.status },
    timing: { seconds: (endedAt.getTime() - startedAt.getTime()) / 1000, attempts: attemptNumber, worker, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() },
    curve: end.checkpoint.curve,
    model: end.checkpoint,
  });
  await sample(lane, request, store, corpus);
  return outcomeOf(result, objective);
}

/** Lets the trained network write what the job asks for, unless it has done so already. */
async function sample({ trialId, trial }: Lane, { job: { sweepId, sampling } }: TrainRequest, store: Store, corpus: string | undefined): Promise<void> {
  if (sampling === undefined || await isSampled(store, sweepId, trialId, sampling)) return;
  const model = await readModel(store, sweepId, trialId);
  if (model !== undefined) await writeSamples(store, sweepId, trialId, sampleTrial(trial, model, sampling, corpus));
}

async function trainJob(request: TrainRequest): Promise<FromTrainer> {
  if (request.job.science !== SCIENCE_VERSION) {
    throw new UserError(`this job wants version ${request.job.science} of the science, this worker has version ${SCIENCE_VERSION}; start the sweep again with this version`);
  }
  const store = openStore(request.store);
  const outcomes: LaneOutcome[] = [];
  for (const lane of request.job.lanes) {
    const outcome = await trainLane(lane, request, store);
    if (outcome === undefined) return { type: 'stopped' };
    outcomes.push(outcome);
  }
  return { type: 'done', outcomes };
}

process.on('message', (message: ToTrainer) => {
  if (message.type === 'stop') return stopping.abort();
  stopping = new AbortController();
  trainJob(message).then(send, (error: Error) =>
    send({ type: 'failed', message: error.message, ...(error.stack && { stack: error.stack }), retryable: !(error instanceof UserError) }));
  return undefined;
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {}); // ^C reaches the whole process group; the worker decides what becomes of a job
