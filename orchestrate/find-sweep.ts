/** Which sweep of a runs folder a person means. */
import { clean } from '../core/clean.ts';
import { UserError } from '../core/errors.ts';
import { commandOn } from '../store/command.ts';
import { listSweeps } from '../store/runs.ts';
import type { Store } from '../store/types.ts';

/** More ids than this are no help in an error. */
const MOST_LISTED = 8;

/**
 * The id that a person means: an id, the start of exactly one, or the name of exactly one sweep (an id is name-hash).
 * Throws a UserError of one line that lists what there is.
 */
export async function findSweep(store: Store, given: string): Promise<string> {
  const ids = await listSweeps(store);
  if (ids.includes(given)) return given;
  const named = ids.filter((id) => id.slice(0, id.lastIndexOf('-')) === given);
  const matching = named.length > 0 ? named : given === '' ? [] : ids.filter((id) => id.startsWith(given));
  const [only, ...others] = matching;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined)
    throw new UserError(`"${given}" may be any of ${listed(store, matching)}; give more of the id`, 2);
  if (ids.length === 0)
    throw new UserError(
      `no sweep "${given}": there are none in ${store.url}; start one with: ${commandOn(store, ['start', 'FILE'])}`,
      2,
    );
  throw new UserError(`no sweep "${given}" in ${store.url}; there is ${listed(store, ids)}`, 2);
}

const listed = (store: Store, ids: string[]) =>
  [
    ...ids.slice(0, MOST_LISTED).map(clean),
    ...(ids.length > MOST_LISTED ? [`${ids.length - MOST_LISTED} more (${commandOn(store, ['status'])})`] : []),
  ].join(', ');
