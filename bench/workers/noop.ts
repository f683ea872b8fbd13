/**
 * A sweep of trials that train nothing, through a real Temporal server: what is left is the orchestration. In the
 * environment of an own home. Arguments: how many trials, the jobs at a time, the runs folder. One line of JSON at the
 * end.
 */
import { createReportWriters } from '../../activities/report-process.ts';
import type { TrainerPool } from '../../trainer/pool.ts';
import { sweepId as idOf } from '../../core/plan.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { leaveResult } from '../bare-result.ts';
import { startWorkflow } from '../../orchestrate/start-workflow.ts';
import { workflowIdOf } from '../../orchestrate/workflow.ts';
import { runWorker } from '../../orchestrate/worker.ts';
import { connect } from '../../server/connection.ts';
import { cacheDir } from '../../setup/home.ts';
import { openStore } from '../../store/index.ts';
import { claimSweep } from '../../store/runs.ts';

const [trials = 0, slots = 0] = process.argv.slice(2, 4).map(Number);
const store = openStore(process.argv[4] ?? '');

/** Every trial is done at once. */
const trainers: TrainerPool = {
  run: ({ job }) => Promise.all(job.lanes.map((lane) => leaveResult(store, job, lane))),
  packSize: () => Promise.resolve(1),
  close: () => Promise.resolve(),
};

const spec: SweepSpec = {
  name: 'no-op',
  description: '',
  task: { name: 'palindrome', length: 5 },
  model: { cell: 'rnn', hiddenUnits: 1, layers: 1 },
  training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 1, maxSteps: 1, evaluateEvery: 1, evaluationSize: 1 },
  space: {},
  repeats: trials,
  seed: 1,
  search: { name: 'grid' },
  scheduler: { name: 'full' },
  objective: { metric: 'accuracy', goal: 'maximize' },
  budget: {},
  resources: { accelerator: 'cpu' },
  report: { figures: [] },
};

const target = await connect({ start: true });
const ending = new AbortController();
let ready = () => {};
const isReady = new Promise<void>((resolve) => {
  ready = resolve;
});
const worker = runWorker({
  store,
  target,
  slots,
  signal: ending.signal,
  cacheDir: cacheDir(),
  trainers,
  reports: createReportWriters(),
  onReady: () => ready(),
  backend: { name: 'none', accelerator: 'cpu', choice: { kind: 'cpu' }, env: {} },
});
await Promise.race([isReady, worker]);

const sweepId = idOf(spec);
await claimSweep(store, sweepId, spec);
const began = performance.now();
await startWorkflow({ spec, sweepId, store, target, accelerator: 'cpu' });
await target.client.workflow.getHandle(await workflowIdOf(store, sweepId)).result();
const seconds = (performance.now() - began) / 1000;
ending.abort();
await worker;
await target.client.connection.close();
process.stdout.write(`${JSON.stringify({ seconds })}\n`);
process.exit(0);
