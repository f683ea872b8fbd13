/**
 * What holds for every entry of a registry. A contract throws an AssertionError where it does not hold; each test file
 * beside it puts all entries to it, and entries with a planted fault, which it has to notice.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

export interface Contract<E> {
  says: string;
  holds(entry: E, name: string): void | Promise<void>;
}

/** One entry alone, as `npm run check -- cell gru` asks; left out: all. */
const only = process.env['SWEEP_CHECK'];

export function testEntries<E>(entries: Readonly<Record<string, E>>, contracts: readonly Contract<E>[]): void {
  if (only !== undefined)
    assert.ok(Object.hasOwn(entries, only), `there is no ${only} among ${Object.keys(entries).join(', ')}`);
  for (const [name, entry] of Object.entries(entries)) {
    if (only !== undefined && name !== only) continue;
    describe(name, () => {
      for (const { says, holds } of contracts) test(says, () => holds(entry, name));
    });
  }
}

export interface Planted<E> {
  entry: E;
  /** What the contract that notices it says. */
  noticedBy: string;
}

/** Wrong code that a contract must notice: the one that is named. */
export function testPlanted<E>(planted: Readonly<Record<string, Planted<E>>>, contracts: readonly Contract<E>[]): void {
  if (only !== undefined) return;
  describe('planted faults', () => {
    for (const [fault, { entry, noticedBy }] of Object.entries(planted)) {
      test(fault, async () => {
        const contract = contracts.find(({ says }) => says === noticedBy);
        assert.ok(contract, `there is a contract "${noticedBy}"`);
        await assert.rejects(async () => contract.holds(entry, 'planted'));
      });
    }
  });
}

/** Right code of a kind that no entry is of: no contract may object. */
export function testAccepted<E>(right: Readonly<Record<string, E>>, contracts: readonly Contract<E>[]): void {
  if (only !== undefined) return;
  describe('right, and unlike the entries that there are', () => {
    for (const [name, entry] of Object.entries(right))
      test(name, async () => {
        for (const { holds } of contracts) await holds(entry, name);
      });
  });
}

/** A copy that throws where it is changed. */
export function frozen<T>(value: T): T {
  const copy = structuredClone(value);
  const freeze = (x: unknown): void => {
    if (typeof x !== 'object' || x === null || Object.isFrozen(x)) return;
    Object.freeze(x);
    Object.values(x).forEach(freeze);
  };
  freeze(copy);
  return copy;
}
