/**
 * A sweep that only looks like one: snapshots and a run folder as a real one makes them, from a clock that the test
 * turns. Trials take time in proportion to their length, an LSTM's four times an RNN's; nothing random in it.
 */
import { countTrials, trialAt, type PlannedTrial } from '../../core/plan.ts';
import { emptyProgress, withOutcome } from '../../core/progress.ts';
import type { Metrics, SweepSnapshot } from '../../core/results.ts';
import type { NetworkSweep, NetworkTrial } from '../../core/spec.ts';
import type { Store } from '../../store/types.ts';

type NetworkPlanned = PlannedTrial<NetworkTrial>;

export interface Simulation {
  spec: NetworkSweep;
  sweepId: string;
  store: Store;
  slots: number;
  /** Simulated seconds from one snapshot to the next. */
  tick: number;
  /** Indices of trials that fail or diverge. */
  failing?: readonly number[];
  diverging?: readonly number[];
  /** Before each snapshot: the place to turn the clock, or to wait. */
  beforeSnapshot?(elapsed: number): Promise<void> | void;
  /** Ends as cancelled after so many simulated seconds. */
  cancelAfter?: number;
}

const lengthOf = ({ trial }: NetworkPlanned) => Number(trial.task['length'] ?? 10);
const secondsOf = (trial: NetworkPlanned) => lengthOf(trial) * (trial.trial.model.cell === 'rnn' ? 0.5 : 2);

function metricsAt(trial: NetworkPlanned, share: number): Metrics {
  const hard = trial.trial.model.cell === 'rnn' ? Math.max(0, lengthOf(trial) - 10) / 30 : 0;
  const accuracy = Number((0.1 + 0.9 * share * (1 - hard) - 0.01 * trial.repeat).toFixed(3));
  return { accuracy, loss: Number((2.3 * (1 - share) + hard).toPrecision(4)) };
}

export async function* simulate(simulation: Simulation): AsyncGenerator<SweepSnapshot> {
  const {
    spec,
    sweepId,
    store,
    slots,
    tick,
    failing = [],
    diverging = [],
    beforeSnapshot = () => {},
    cancelAfter = Infinity,
  } = simulation;
  const total = countTrials(spec);
  const { maxSteps } = spec.training;
  const put = (trialId: string, file: string, value: unknown) =>
    store.put(`${sweepId}/trials/${trialId}/${file}`, JSON.stringify(value));
  /** Without these a result is none. */
  const beside = ['model.ckpt', 'metrics.csv', 'observations.json'];
  let progress = emptyProgress(total);
  let next = 0;
  let running: { trial: NetworkPlanned; spent: number }[] = [];
  for (let elapsed = 0; ; elapsed += tick) {
    for (const job of running) job.spent += tick;
    const done = running.filter(({ trial, spent }) => spent >= secondsOf(trial));
    running = running.filter((job) => !done.includes(job));
    for (const { trial } of done) {
      const { trialId, index, label } = trial;
      const at = new Date(elapsed * 1000).toISOString();
      const status = failing.includes(index)
        ? ('failed' as const)
        : diverging.includes(index)
          ? ('diverged' as const)
          : ('completed' as const);
      const metrics = metricsAt(trial, 1);
      const steps = status === 'completed' ? maxSteps : 437;
      if (status === 'failed')
        await put(trialId, 'failure.json', {
          trialId,
          trial: trial.trial,
          message: 'the trainer was killed (SIGKILL) 5 times',
          at,
        });
      else {
        await put(trialId, 'timing.json', {
          seconds: secondsOf(trial),
          attempts: 1,
          worker: 'simulated',
          startedAt: at,
          endedAt: at,
        });
        for (const file of beside) await put(trialId, file, []);
        await put(trialId, 'result.json', {
          trialId,
          trial: trial.trial,
          science: 1,
          status,
          steps,
          metrics: status === 'completed' ? metrics : {},
          parameters: 1,
          backend: 'simulated',
          replayed: true,
        });
      }
      const objective = status === 'completed' ? (metrics[spec.objective.metric] ?? null) : null;
      progress = withOutcome(
        progress,
        { trialId, status, steps, objective, cached: false },
        label,
        spec.objective.goal,
      );
    }
    while (running.length < slots && next < total) running.push({ trial: trialAt(spec, next++), spent: 0 });
    const ended = running.length === 0 || elapsed >= cancelAfter;
    await beforeSnapshot(elapsed);
    yield {
      sweepId,
      state: elapsed >= cancelAfter ? 'cancelled' : ended ? 'completed' : 'running',
      ...progress,
      running: ended
        ? []
        : running.map(({ trial, spent }) => {
            const share = spent / secondsOf(trial);
            const metrics = share === 0 ? {} : metricsAt(trial, share);
            return {
              label: trial.label,
              trialId: trial.trialId,
              step: Math.floor(share * maxSteps),
              toStep: maxSteps,
              metrics,
              worker: 'simulated',
            };
          }),
    };
    if (ended) return;
  }
}
