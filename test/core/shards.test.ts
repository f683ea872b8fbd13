import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allot } from '../../core/shards.ts';

test('shards share the slots of their sweep, the oldest first: never more in all, and none that cannot use them', () => {
  assert.deepEqual(allot(8, [{}]), [8]);
  assert.deepEqual(allot(8, [{ left: 3 }, {}]), [3, 5]);
  assert.deepEqual(allot(8, [{ left: 3 }, { left: 2 }, {}]), [3, 2, 3]);
  assert.deepEqual(allot(4, [{}, {}]), [4, 0]);
  assert.deepEqual(allot(4, [{ left: 9 }, { left: 9 }]), [4, 0]);
  assert.deepEqual(allot(0, [{ left: 9 }, {}]), [0, 0]);
});
