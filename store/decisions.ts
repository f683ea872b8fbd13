/**
 * `decisions/<number of its first entry>.json`: the record of an adaptive sweep, what was handed out and what came of
 * it in the order in which it happened, a few entries a file. Files are added and never changed, so that writing one
 * twice is safe.
 */
import type { RecordEntry } from '../core/adaptive.ts';
import { canonicalJson } from '../core/json.ts';
import { UserError } from '../core/errors.ts';
import { pretty, readJson } from './keys.ts';
import type { Store } from './types.ts';

const folder = (sweepId: string) => `${sweepId}/decisions`;
const keyOf = (sweepId: string, from: number) => `${folder(sweepId)}/${String(from).padStart(9, '0')}.json`;

/** Names of the record's files, in order. A folder that is synced may have copies of them under names of its own. */
export const decisionFiles = async (store: Store, sweepId: string): Promise<string[]> =>
  (await store.list(folder(sweepId))).filter((name) => /^\d{9}\.json$/.test(name));

/** The record has others in the place of these. */
export class OtherDecisions extends Error {}

/** Adds entries from number `from` on. Throws OtherDecisions where the record has others there. */
export async function writeDecisions(
  store: Store,
  sweepId: string,
  from: number,
  entries: readonly RecordEntry[],
): Promise<void> {
  const key = keyOf(sweepId, from);
  if (await store.putNew(key, pretty(entries))) return;
  const there = await readJson<RecordEntry[]>(store, key);
  if (canonicalJson(there ?? null) !== canonicalJson(entries))
    throw new OtherDecisions(`${store.url}/${key} records other decisions than these`);
}

/** The whole record, in order; empty for a sweep that has none. What comes after a gap is left out. */
export async function readDecisions(store: Store, sweepId: string): Promise<RecordEntry[]> {
  const record: RecordEntry[] = [];
  for (const name of await decisionFiles(store, sweepId)) {
    if (Number.parseInt(name, 10) !== record.length) break;
    const entries = (await readJson<RecordEntry[]>(store, `${folder(sweepId)}/${name}`)) ?? [];
    if (!Array.isArray(entries))
      throw new UserError(`${store.url}/${folder(sweepId)}/${name}: not a list of decisions`);
    record.push(...entries);
  }
  return record;
}

/**
 * Removes the files from entry `from` on: decisions of another spec, on trials that are now tried again, or after a
 * gap.
 */
export async function clearDecisions(store: Store, sweepId: string, from = 0): Promise<void> {
  for (const name of await decisionFiles(store, sweepId))
    if (Number.parseInt(name, 10) >= from) await store.remove(`${folder(sweepId)}/${name}`);
}
