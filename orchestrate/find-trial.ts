/** Which trial of a sweep a person means. */
import { UserError } from '../core/errors.ts';

/** A trial, and its label if it is known. */
export interface NamedTrial {
  trialId: string;
  label: string | undefined;
}

/** More trials than this are no help in an error. */
const MOST_LISTED = 8;

function listed(trials: readonly NamedTrial[]): string {
  const some = trials.slice(0, MOST_LISTED).map(({ trialId, label }) => `${trialId} (${label ?? '?'})`);
  return [...some, ...(trials.length > MOST_LISTED ? ['…'] : [])].join(', ');
}

/**
 * By the start of one trial's id, or by its label. Several entries of one trial, which a search with few values may
 * draw twice, are that trial: the first stands for it. Throws a UserError that lists what there is; `noSuch` makes it.
 */
export function findTrial<T extends NamedTrial>(
  trials: readonly T[],
  given: string,
  noSuch: (there: string) => string,
): T {
  const byId = given === '' ? [] : trials.filter(({ trialId }) => trialId.startsWith(given));
  const matching = byId.length > 0 ? byId : trials.filter(({ label }) => label === given);
  const [only, ...others] = matching;
  if (only === undefined) throw new UserError(noSuch(listed(trials)), 2);
  if (others.every(({ trialId }) => trialId === only.trialId)) return only;
  throw new UserError(`"${given}" may be any of ${listed(matching)}; give more of the id`, 2);
}
