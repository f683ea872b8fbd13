/** How far a job is, as its trainer tells its worker. */
import type { Lane, Metrics } from '../core/results.ts';
import type { FromTrainer, TrainRequest } from './messages.ts';

/** Often enough for a live display, and far below the heartbeat timeout. */
const TELL_EVERY_MS = 500;

/** A lane on its way: of a pack, the first stands for the others. */
export interface Going {
  lane: Pick<Lane, 'label' | 'trialId'>;
  step: number;
  metrics: Metrics;
}

export interface JobTeller {
  /** Tells of the first lane, if there is one. */
  tell(going: Iterable<Going>): void;
  /** The same, but not more often than anybody needs. */
  tellInTime(going: Iterable<Going>): void;
}

export function jobTeller(
  { job: { toStep }, worker }: Pick<TrainRequest, 'job' | 'worker'>,
  send: (message: FromTrainer) => void,
): JobTeller {
  let toldAt = 0;
  function tell(going: Iterable<Going>): void {
    const [first, ...others] = going;
    if (first === undefined) return;
    const { lane, step, metrics } = first;
    const label = others.length > 0 ? `${lane.label} and ${others.length} more` : lane.label;
    send({ type: 'progress', progress: { label, trialId: lane.trialId, step, toStep, metrics, worker } });
    toldAt = Date.now();
  }
  return {
    tell,
    tellInTime(going) {
      if (Date.now() - toldAt >= TELL_EVERY_MS) tell(going);
    },
  };
}
