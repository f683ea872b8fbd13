import type { Origin, RungRecord } from '../../core/results.ts';
import { scienceOf } from '../../core/trial.ts';

/** Why a result or a rung is not what this origin would give, as a reason that may be counted; undefined if it is. */
export function differenceFrom({ backend, replayed }: Origin, result: RungRecord): string | undefined {
  const science = scienceOf(result.trial);
  if (result.science !== science) return `of version ${result.science} of the science, not ${science}`;
  if (result.backend !== backend) return `trained by ${result.backend}, not ${backend}`;
  if (result.replayed !== replayed)
    return result.replayed ? 'trained as a graph, not step by step' : 'trained step by step, not as a graph';
  return undefined;
}
