/**
 * Trains the lanes of a job, side by side those that go together; what becomes of each goes to the lane book at once.
 */
import { UserError } from '../core/errors.ts';
import { trialProblem } from '../core/form/check.ts';
import { packsOf } from '../core/packs.ts';
import type { CurvePoint, LaneOutcome, Observation } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { openStore } from '../store/index.ts';
import { computed, OtherScience } from './failures.ts';
import { begin, commit, lookUp, save, type BegunLane, type LaneBook } from './lane-book.ts';
import type { Answer, FromTrainer, TrainRequest } from './messages.ts';
import { jobTeller, type Going, type JobTeller } from './progress.ts';
import type { Report, RunFolder, SavableStep, Trainer } from './types.ts';

/** A kill loses at most this much training (and the time to the next evaluation). Tests shorten it. */
const CHECKPOINT_EVERY_MS = 1000 * Number(process.env['SWEEP_CHECKPOINT_SECONDS'] ?? 15);

export interface JobOptions {
  /** Of the trial's kind. Asked for once it is known that there is such a trial. */
  trainerOf(trial: TrialSpec): Promise<Trainer>;
  send(message: FromTrainer): void;
  /** Aborted: save a checkpoint of everything, and end. */
  signal: AbortSignal;
}

/** Throws a UserError for a trial that no sweep file can ask for: a workflow knows little of what its spec means. */
export function checkTrial(trial: TrialSpec): void {
  const problem = trialProblem(trial);
  if (problem !== undefined) throw new UserError(problem);
}

/** A job that is being trained. */
interface Work {
  trainer: Trainer;
  signal: AbortSignal;
  folder: RunFolder;
  book: LaneBook;
  teller: JobTeller;
}

function workOf(request: TrainRequest, trainer: Trainer, { send, signal }: JobOptions): Work {
  const { job, attempt, attemptNumber, worker } = request;
  const { seedOf, sample } = trainer;
  const store = openStore(request.store);
  const folder = { store, sweepId: job.sweepId };
  const teller = jobTeller(request, send);
  const book: LaneBook = {
    ...{ job, attempt, attemptNumber, worker, store },
    origin: (trial) => trainer.origin(trial),
    seedOf,
    sample:
      sample &&
      ((lane, { trial, steps: step, metrics }, model, sampling) =>
        sample(trial, model, sampling, { folder, onTurn: () => teller.tellInTime([{ lane, step, metrics }]) })),
    warn: (message) => send({ type: 'warning', message }),
  };
  return { trainer, signal, folder, book, teller };
}

export async function trainJob(request: TrainRequest, options: JobOptions): Promise<Answer> {
  const { job } = request;
  if (job.science !== SCIENCE_VERSION)
    throw new OtherScience(
      `this job is of version ${job.science} of the science, this worker has version ${SCIENCE_VERSION}`,
    );
  for (const { trial } of job.lanes) checkTrial(trial);
  const [first] = job.lanes;
  if (first === undefined) return { type: 'done', outcomes: [] };
  const work = workOf(request, await options.trainerOf(first.trial), options); // a sweep's trials are of one kind
  const outcomes = new Map<string, LaneOutcome>();
  const begun: BegunLane[] = [];
  for (const lane of job.lanes) {
    const known = await lookUp(work.book, lane);
    if (known) outcomes.set(lane.trialId, known);
    else begun.push(await begin(work.book, lane));
  }
  for (const pack of packsOf(begun)) {
    const ended = await trainPack(pack, work);
    if (ended === undefined) return { type: 'stopped' };
    for (const outcome of ended) outcomes.set(outcome.trialId, outcome);
  }
  return { type: 'done', outcomes: job.lanes.map(({ trialId }) => outcomes.get(trialId) as LaneOutcome) };
}

/** Trains lanes side by side to the job's step; undefined if they were stopped on the way. */
async function trainPack(
  pack: readonly BegunLane[],
  { trainer, signal, folder, book, teller }: Work,
): Promise<LaneOutcome[] | undefined> {
  const startedAt = new Date();
  const going = new Map(pack.map((lane, i) => [i, goingFrom(lane)]));
  const tell = () => teller.tell(going.values());
  tell();
  const { job, attempt } = book;
  const events = await trainer.train(pack, {
    ...{ folder, attempt, toStep: job.toStep, signal },
    onStep(steps) {
      for (const [i, step] of steps) Object.assign(going.get(i) ?? {}, { step });
    },
    onTurn: () => teller.tellInTime(going.values()),
  });
  const outcomes: LaneOutcome[] = [];
  let stopped = false;
  for await (const event of computed(events, tell)) {
    const own = going.get(event.lane);
    if (own === undefined) throw new Error(`lane ${event.lane} goes on after its end`);
    if ('report' in event) {
      note(own, event.report);
      tell();
    } else if ('savable' in event) {
      await saveInTime(book, own, event.savable);
    } else {
      going.delete(event.lane);
      const taken = { startedAt, endedAt: new Date(), sharedBy: pack.length };
      const outcome = await commit(book, own.lane, own, event.end, taken);
      if (outcome) outcomes.push(outcome);
      else stopped = true;
    }
  }
  return stopped ? undefined : outcomes;
}

/** A lane of a pack that has not ended, and what was seen of it. */
interface GoingLane extends Going {
  lane: BegunLane;
  curve: CurvePoint[];
  observations: Observation[];
  savedAt: number;
}

const goingFrom = (lane: BegunLane): GoingLane => ({
  lane,
  savedAt: Date.now(),
  step: lane.resume?.step ?? 0,
  metrics: lane.resume?.curve.at(-1)?.metrics ?? {},
  curve: [...(lane.resume?.curve ?? [])],
  observations: [...(lane.resume?.observations ?? [])],
});

function note(own: GoingLane, { step, metrics, observations = [] }: Report): void {
  Object.assign(own, { step, metrics });
  own.curve.push({ step, metrics });
  own.observations.push(...observations);
}

/** Saves the step, but not more often than a kill is worth. */
async function saveInTime(book: LaneBook, own: GoingLane, { step, state }: SavableStep): Promise<void> {
  if (Date.now() - own.savedAt < CHECKPOINT_EVERY_MS) return;
  await save(book, own.lane, own, { step, state: await state() });
  own.savedAt = Date.now();
}
