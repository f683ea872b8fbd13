/**
 * Sweeps on a real Temporal server with trainers that train nothing: what they answer is a function of the trial and
 * the step, and a test decides when. One a process, because a process has one Temporal runtime.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { PackQuestion } from '../../trainer/messages.ts';
import { OtherScience } from '../../trainer/failures.ts';
import { commit, type LaneBook, type Observed, type Taken } from '../../trainer/lane-book.ts';
import { createReportWriters, type ReportWriters } from '../../activities/report-process.ts';
import { TrainerStopped, TrainingImpossible, type TrainerPool } from '../../trainer/pool.ts';
import type { LaneEnd } from '../../trainer/types.ts';
import { UserError } from '../../core/errors.ts';
import type { Lane, LaneOutcome, SweepSnapshot, TrainJob } from '../../core/results.ts';
import type { NetworkSweep, SweepSpec } from '../../core/spec.ts';
import { leaveResult } from '../../bench/bare-result.ts';
import { deriveSeed, SCIENCE_VERSION } from '../../core/trial.ts';
import { startWorkflow } from '../../orchestrate/start-workflow.ts';
import { workflowIdOf } from '../../orchestrate/workflow.ts';
import { runWorker } from '../../orchestrate/worker.ts';
import type { TemporalTarget } from '../../server/connection.ts';
import { writeReport } from '../../reports/report.ts';
import { openStore, type Store } from '../../store/index.ts';
import { readOutcome, type SweepOutcome } from '../../store/runs.ts';
import type { RunLimits, SweepInput } from '../../workflows/messages.ts';
import { newMachine, until, type Machine } from './machine.ts';

export const labSpec: NetworkSweep = {
  name: 'lab',
  description: '',
  task: { name: 'palindrome', length: 5 },
  model: { cell: 'rnn', hiddenUnits: 1, layers: 1 },
  training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 1, maxSteps: 900, evaluateEvery: 100, evaluationSize: 1 },
  space: { 'training.learningRate': { choice: [0.1, 0.2, 0.3] } },
  repeats: 2,
  seed: 1,
  search: { name: 'grid' },
  scheduler: { name: 'full' },
  objective: { metric: 'accuracy', goal: 'maximize' },
  budget: {},
  resources: { accelerator: 'cpu' },
  report: { figures: [] },
};

const backend = { name: 'none', accelerator: 'cpu' as const, choice: { kind: 'cpu' as const }, env: {} };

export interface Laboratory {
  store: Store;
  target: TemporalTarget;
  /** Jobs that trainers have in hand now. */
  inHand(): TrainJob[];
  /** The most of them at a time since this was asked last. */
  most(): number;
  /** Jobs that were begun, in their order. */
  begun: TrainJob[];
  /** How many trials they had. */
  count(): number;
  /** Trials of a sweep that were trained to their end, in that order. */
  trained(sweepId: string): string[];
  /** What the worker complained about. */
  warnings: string[];
  /** Jobs end by themselves (true, as at first), or when they are told to. */
  flow(flows: boolean): void;
  /** Lets so many of those in hand end. */
  release(count: number): void;
  /** Trials of which this is true fail for good, or of an error that is given. */
  fails(which: (lane: Lane) => boolean, error?: Error): void;
  /** Reports are written at once (true, as at first), or once they are let go. */
  reporting(goes: boolean): void;
  /** What trainers say if they are asked for the size of packs; at first 1. */
  packSize(answer: (question: PackQuestion) => number): void;
  start(
    sweepId: string,
    changes?: Partial<SweepSpec>,
    options?: { noCache?: boolean; limits?: RunLimits },
  ): Promise<NetworkSweep>;
  ended(sweepId: string): Promise<SweepOutcome>;
  /** Until the worker has ended by itself. With why, if its folder is no longer there. */
  workerEnded(): Promise<string | undefined>;
  /** Ends the worker, and starts one in its place, with other workflows if they are given. */
  replaceWorker(workflows?: { codePath: string }): Promise<void>;
  /** The histories of all runs of a sweep's own workflow, the first first. */
  histories(workflowId: string): Promise<temporal.api.history.v1.IHistory[]>;
  stop(): Promise<void>;
}

/** What a trial has at a step: it grows, towards a height of its own. */
const accuracyOf = (trialId: string, step: number) => (deriveSeed(1, trialId) / 2 ** 32) * (step / (step + 100));

/** What each trial took, at any time. */
const aSecond: Taken = {
  startedAt: new Date('2026-01-01T00:00:00.000Z'),
  endedAt: new Date('2026-01-01T00:00:01.000Z'),
  sharedBy: 1,
};

export interface LaboratoryOptions {
  slots?: number;
  maxCachedWorkflows?: number;
  /** Left out: those of today. */
  workflows?: { codePath: string };
  /** Trials leave only a result in the run folder, written without care, and no list of jobs is kept. */
  bare?: boolean;
}

/**
 * With no workflow kept in memory, every task replays the history before it: whatever is not deterministic is found.
 */
export const workers = {
  'a worker that keeps workflows in memory': {},
  'a worker that replays them at every task': { maxCachedWorkflows: 0 },
};

/**
 * A server for this laboratory alone or, where the run of all tests has started one for them together, that: `stop`
 * leaves it as it is.
 */
async function serverFor(machine: Machine): Promise<string> {
  const shared = process.env['SWEEP_TEST_SERVER'];
  if (shared) return shared;
  const started = await machine.sweep('server', 'start');
  if (started.code !== 0) throw new Error(started.stdout + started.stderr);
  return `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}`;
}

/** In this process, where they cost a moment and not a second of loading: report-process.test.ts has the real ones. */
function reportsHere(): ReportWriters & { goes(goes: boolean): void } {
  let held: Promise<void> | undefined;
  let letGo = () => {};
  return {
    goes(goes) {
      if (goes) letGo();
      held = goes
        ? undefined
        : new Promise((resolve) => {
            letGo = resolve;
          });
    },
    prepare() {},
    async write({ runs, sweepId, outcome }) {
      await held;
      try {
        await writeReport(openStore(runs), sweepId, { outcome });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return `there is no new report: ${error.message}`;
      }
      return undefined;
    },
    close() {},
  };
}

export async function newLaboratory({
  slots = 4,
  maxCachedWorkflows,
  workflows,
  bare = false,
}: LaboratoryOptions = {}): Promise<Laboratory> {
  const machine = await newMachine();
  const address = await serverFor(machine);
  const connection = await Connection.connect({ address });
  /** What the next sweep's workflow runs take on. */
  let limits: RunLimits | undefined;
  const limited: WorkflowClientInterceptor = {
    startWithDetails: (input, next) =>
      next({
        ...input,
        options: { ...input.options, args: [{ ...(input.options.args[0] as SweepInput), ...(limits && { limits }) }] },
      }),
  };
  const target: TemporalTarget = {
    address,
    namespace: 'default',
    source: 'environment',
    connectionOptions: { address },
    client: new Client({ connection, interceptors: { workflow: [limited] } }),
  };
  const store = openStore(join(machine.folder, 'runs'));

  let flows = true;
  let failing: (lane: Lane) => boolean = () => false;
  let failure: Error;
  let sizeOf: (question: PackQuestion) => number = () => 1;
  let most = 0;
  const hand = new Map<() => void, TrainJob>();
  const begun: TrainJob[] = [];
  const ends: { sweepId: string; trialId: string }[] = [];
  let count = 0;
  const warnings: string[] = [];
  const reports = bare ? { ...createReportWriters(), goes() {} } : reportsHere(); // a large report would stop all else that goes on here

  async function outcomesOf(job: TrainJob): Promise<LaneOutcome[]> {
    const book: LaneBook = {
      ...{ job, attempt: 'lab', attemptNumber: 1, worker: 'lab', store },
      origin: () => ({ backend: backend.name, replayed: false }),
    };
    const outcomes = await Promise.all(
      job.lanes.map((lane) => {
        const { trialId, trial } = lane;
        const steps = Math.min(job.toStep, trial.training.maxSteps);
        const status = steps < trial.training.maxSteps ? 'paused' : 'completed';
        if (status === 'completed') ends.push({ sweepId: job.sweepId, trialId });
        const metrics = { accuracy: accuracyOf(trialId, steps), loss: 1 };
        const seen: Observed = { curve: [{ step: steps, metrics }], observations: [] };
        const end: LaneEnd = { status, steps, metrics, parameters: 1 };
        return commit(book, lane, seen, end, aSecond);
      }),
    );
    return outcomes as LaneOutcome[]; // none was stopped on the way
  }

  const trainers: TrainerPool = {
    async run({ job }, { signal, onProgress }) {
      count += job.lanes.length;
      if (bare) return Promise.all(job.lanes.map((lane) => leaveResult(store, job, lane)));
      begun.push(job);
      if (job.science !== SCIENCE_VERSION) throw new OtherScience(`meant to fail: science ${job.science}`);
      if (job.lanes.some(failing)) throw failure;
      await new Promise<void>((resolve, reject) => {
        const beat = setInterval(() => {
          const [lane] = job.lanes;
          if (lane)
            onProgress({
              label: lane.label,
              trialId: lane.trialId,
              step: 0,
              toStep: job.toStep,
              metrics: {},
              worker: 'lab',
            });
        }, 100);
        const settle = (end: () => void) => {
          clearInterval(beat);
          hand.delete(done);
          end();
        };
        const done = () => settle(resolve);
        hand.set(done, job);
        most = Math.max(most, hand.size);
        signal.addEventListener('abort', () => settle(() => reject(new TrainerStopped('stopped'))), { once: true });
        if (flows) done();
      });
      return outcomesOf(job);
    },
    packSize: async ({ question }) => sizeOf(question),
    close: async () => {},
  };

  function work(bundle: { codePath: string } | undefined) {
    const ending = new AbortController();
    const ended = runWorker({
      store,
      target,
      slots,
      backend,
      trainers,
      reports,
      signal: ending.signal,
      cacheDir: join(machine.folder, 'cache'),
      ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
      ...(bundle && { workflows: bundle }),
      onWarning: (message) => void warnings.push(message),
    });
    return {
      ended,
      async end() {
        ending.abort();
        await ended;
      },
    };
  }
  let worker = work(workflows);

  return {
    store,
    target,
    begun,
    count: () => count,
    trained: (id) => ends.flatMap(({ sweepId, trialId }) => (sweepId === id ? [trialId] : [])),
    warnings,
    inHand: () => [...hand.values()],
    most() {
      const seen = most;
      most = hand.size;
      return seen;
    },
    flow(next) {
      flows = next;
      if (flows) for (const done of [...hand.keys()]) done();
    },
    release(count) {
      for (const done of [...hand.keys()].slice(0, count)) done();
    },
    reporting: reports.goes,
    fails(which, error = new TrainingImpossible('this one is meant to fail')) {
      failing = which;
      failure = error;
    },
    packSize(answer) {
      sizeOf = answer;
    },
    async start(sweepId, changes = {}, options = {}) {
      limits = options.limits;
      const spec = { ...labSpec, seed: deriveSeed(1, sweepId), ...changes, name: sweepId } as SweepSpec;
      const noCache = options.noCache ?? false;
      const started = await startWorkflow({ spec, sweepId, store, target, accelerator: 'cpu', slots, noCache });
      return started.spec as NetworkSweep;
    },
    ended: (sweepId) => until(() => readOutcome(store, sweepId)),
    workerEnded: () => worker.ended,
    async replaceWorker(next) {
      await worker.end();
      worker = work(next);
    },
    async histories(workflowId) {
      const runs: string[] = [];
      const found = target.client.workflow.list({ query: `WorkflowId = '${workflowId}'` });
      for await (const { runId, startTime } of found) runs.push(`${startTime.toISOString()} ${runId}`);
      return Promise.all(
        runs.sort().map((run) => target.client.workflow.getHandle(workflowId, run.split(' ')[1]).fetchHistory()),
      );
    },
    async stop() {
      await worker.end();
      await connection.close();
      await sleep(100);
      await machine.stop();
    },
  };
}

export const rootOf = (lab: Laboratory, sweepId: string): Promise<string> => workflowIdOf(lab.store, sweepId);
export type { SweepSnapshot };
