import type { Origin, RungRecord } from '../../core/results.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';

/** Why a result or a rung is not what this origin would give, as a reason that may be counted; undefined if it is. */
export function differenceFrom({ backend, replayed }: Origin, result: RungRecord): string | undefined {
  if (result.science !== SCIENCE_VERSION) return `of version ${result.science} of the science, not ${SCIENCE_VERSION}`;
  if (result.backend !== backend) return `trained by ${result.backend}, not ${backend}`;
  if (result.replayed !== replayed)
    return result.replayed ? 'trained as a graph, not step by step' : 'trained step by step, not as a graph';
  return undefined;
}
