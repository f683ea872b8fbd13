/**
 * `npm run test:load`: a large sweep on a real Temporal server, with trainers that train nothing. Prints trials a
 * second, the events and bytes of every workflow's history, and the worker's memory as it goes. Before that, what every
 * scheduler takes for a large sweep in virtual time. Arguments: how many trials (10,000), of a large plan that is
 * walked without running it (100,000), and of the simulated sweep (1,000,000), and how many trials a job may have (1).
 */
import { countTrials, trialAt } from '../../core/plan.ts';
import { schedulerOf, schedulers, settingOf } from '../../core/schedulers/index.ts';
import { simulate } from '../../core/simulate/index.ts';
import { syntheticCurves } from '../../core/simulate/synthetic.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { workflowIdOf } from '../../orchestrate/workflow.ts';
import { labSpec, newLaboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

const [trials = 10_000, planned = 100_000, simulated = 1_000_000, lanes = 1] = process.argv.slice(2).map(Number);
const MOST_EVENTS = 4096;
const MOST_BYTES = 4 * 2 ** 20;
const MiB = 2 ** 20;
const print = (line: string) => process.stdout.write(`${line}\n`);

const specOf = (configurations: number): SweepSpec => ({
  ...labSpec,
  name: 'load',
  repeats: 4,
  space: { 'training.learningRate': { uniform: [0.1, 0.2] } },
  search: { name: 'random', trials: configurations / 4 },
});

function walk(): void {
  const spec = specOf(planned);
  globalThis.gc?.();
  const [before, began] = [process.memoryUsage().heapUsed, performance.now()];
  let last = '';
  for (let index = 0; index < countTrials(spec); index++) last = trialAt(spec, index).trialId;
  globalThis.gc?.();
  const seconds = (performance.now() - began) / 1000;
  const more = (process.memoryUsage().heapUsed - before) / MiB;
  print(
    `plan of ${planned.toLocaleString('en')} trials: walked in ${seconds.toFixed(1)} s, heap ${more.toFixed(1)} MiB more (last ${last})`,
  );
}

/** As many workers as such a sweep would have. */
const WORKERS = 1000;

function simulateAll(): void {
  print(`${simulated.toLocaleString('en')} trials in virtual time, ${WORKERS.toLocaleString('en')} workers`);
  for (const name of Object.keys(schedulers)) {
    const spec = { ...specOf(simulated), scheduler: { name } };
    globalThis.gc?.();
    const [before, began] = [process.memoryUsage().heapUsed, performance.now()];
    let most = 0;
    let reports = 0;
    const onReport = () => {
      if (reports++ % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
    };
    const done = simulate(spec, {
      scheduler: schedulerOf(spec),
      setting: settingOf(spec),
      curves: syntheticCurves(spec),
      workers: WORKERS,
      onReport,
    });
    const seconds = (performance.now() - began) / 1000;
    print(
      `  ${name.padEnd(10)} ${done.trials.toLocaleString('en')} trials, ${reports.toLocaleString('en')} reports in ${seconds.toFixed(1)} s; ` +
        `heap at most ${((most - before) / MiB).toFixed(0)} MiB more; ${((100 * done.steps) / done.fullSteps).toFixed(0)} % of the steps`,
    );
  }
}

/** Enough to keep the server busy. */
const TRIALS_AT_A_TIME = 64;

async function sweep(): Promise<boolean> {
  const lab = await newLaboratory({ slots: Math.ceil(TRIALS_AT_A_TIME / lanes), bare: true });
  lab.packSize(() => lanes);
  try {
    await lab.start('warm-up', { ...specOf(400), name: 'warm-up', seed: 2 }); // other trials, that none of the load is cached
    await lab.ended('warm-up');
    const memory: string[] = [];
    const began = performance.now();
    let done = lab.count();
    const watch = setInterval(() => {
      const [seconds, resident] = [(performance.now() - began) / 1000, process.memoryUsage().rss / MiB];
      memory.push(
        `  ${seconds.toFixed(0)} s  ${(lab.count() - done).toLocaleString('en')} trials  ${resident.toFixed(0)} MiB`,
      );
    }, 5000);
    await lab.start('load', specOf(trials));
    const { workflow } = lab.target.client;
    const root = await workflowIdOf(lab.store, 'load');
    const ended = workflow.getHandle(root).result();
    await Promise.race([ended, until(() => lab.count() - done >= trials)]);
    const seconds = (performance.now() - began) / 1000;
    await ended;
    const whole = (performance.now() - began) / 1000;
    clearInterval(watch);
    done = lab.count() - done;
    print(
      `${done.toLocaleString('en')} trials in ${seconds.toFixed(1)} s: ${(done / seconds).toFixed(0)} a second; with the report ${whole.toFixed(1)} s`,
    );
    print('worker memory (resident)');
    memory.forEach(print);
    let ok = done === trials;
    const sizes: { events: number; bytes: number; id: string }[] = [];
    for await (const { workflowId, runId } of workflow.list({ query: `WorkflowId STARTS_WITH '${root}'` })) {
      const { historyLength, historySize = 0 } = await workflow.getHandle(workflowId, runId).describe();
      sizes.push({ events: historyLength, bytes: historySize, id: `${workflowId} ${runId}` });
    }
    const [largest, heaviest] = [
      Math.max(...sizes.map(({ events }) => events)),
      Math.max(...sizes.map(({ bytes }) => bytes)),
    ];
    print(
      `${sizes.length} workflow runs; events: at most ${largest} of ${MOST_EVENTS}; bytes: at most ${(heaviest / MiB).toFixed(2)} of ${MOST_BYTES / MiB} MiB`,
    );
    ok &&= largest <= MOST_EVENTS && heaviest <= MOST_BYTES;
    return ok;
  } finally {
    await lab.stop();
  }
}

walk();
if (simulated > 0) simulateAll();
const ok = await sweep();
print(ok ? 'ok' : 'NOT ok: trials are missing, or a history is too long');
process.exit(ok ? 0 : 1);
