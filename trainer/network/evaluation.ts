/** The means of metrics over examples that no lane was trained on, and whether a lane's numbers still are numbers. */
import type { Metrics } from '../../core/results.ts';
import type { TrainingSpec } from '../../core/spec.ts';
import { laneValues } from '../../engine/lanes.ts';
import type { Named } from '../../engine/named.ts';
import { disposeAll, listOf } from '../../engine/tensors.ts';
import { stream } from '../../models/random.ts';
import type { Tensors } from '../../models/types.ts';
import type { Lane, Learned } from './learned.ts';
import { filled, runLanes, type LaneSteps } from './run-lanes.ts';

/**
 * Evaluations look at batches of the training's size, or of this one where that is smaller: single examples would be
 * slow.
 */
const EVALUATION_BATCH = 32;

const allFinite = (values: ArrayLike<number>) => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
};

/** Seven digits are what 32-bit floats hold: 0.072, and not 0.07200000014901162. */
const rounded = (x: number) => Number(x.toPrecision(7));

/** A pack as it is evaluated. */
export interface Evaluated {
  lanes: readonly Lane[];
  learned: Learned;
  /** Of each lane alike. */
  training: TrainingSpec;
  evaluate: Named;
}

/** What Learner.evaluate() gives. */
export async function evaluateLanes(
  { lanes, learned, training, evaluate }: Evaluated,
  steps: LaneSteps,
  breathe: () => Promise<void>,
): Promise<(Metrics | undefined)[]> {
  const draws = lanes.map(({ trial }, lane) => {
    const step = steps[lane];
    return step === undefined ? undefined : stream(trial.seed, 'evaluate', step);
  });
  const total = training.evaluationSize;
  const most = Math.max(training.batchSize, EVALUATION_BATCH);
  const sums = lanes.map((): Metrics => ({}));
  for (let done = 0; done < total; done += most) {
    const size = Math.min(most, total - done);
    const drawn = lanes.map(({ problem }, lane) => {
      const own = draws[lane];
      return own && (problem.evaluationBatch ?? problem.batch)(own, size);
    });
    const [means = {}] = runLanes(evaluate, {
      before: [learned.weights],
      batches: filled(drawn),
      after: [learned.carried],
    });
    addTo(sums, means, size);
    disposeAll(means);
    await breathe();
  }
  return sums.map((own, lane) =>
    steps[lane] !== undefined && allFinite(Object.values(own)) && soundWeights(learned, lane, lanes.length)
      ? meansOf(own, total)
      : undefined,
  );
}

/** To each lane's sums, its means over `size` examples. */
function addTo(sums: readonly Metrics[], means: Tensors, size: number): void {
  for (const [name, mean] of Object.entries(means)) {
    const values = mean.dataSync();
    sums.forEach((own, lane) => {
      own[name] = (own[name] ?? 0) + Number(values[lane]) * size;
    });
  }
}

const soundWeights = ({ weights }: Learned, lane: number, count: number): boolean =>
  listOf(weights).every((w) => allFinite(laneValues(w, lane, count)));

const meansOf = (sums: Metrics, total: number): Metrics =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, rounded(sum / total)]));
