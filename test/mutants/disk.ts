/** What is on the disk: durable, whole, never somebody else's. */
import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'a file gets its name before its bytes are on the disk',
    file: 'store/folder.ts',
    find: 'await file.sync();',
    replace: '',
    noticedBy: ['test/store/durability.test.ts'],
  },
  {
    what: 'a name may be lost with the power',
    file: 'store/folder.ts',
    find: 'await folder.sync().finally(() => folder.close());',
    replace: 'await folder.close();',
    noticedBy: ['test/store/durability.test.ts'],
  },
  {
    what: 'who comes second replaces what the first has written',
    file: 'store/folder.ts',
    find: 'await link(temp, target);',
    replace: 'await rename(temp, target);',
    noticedBy: ['test/store/store.test.ts'],
  },
  {
    what: 'a key may leave the runs folder',
    file: 'store/keys.ts',
    find: "part === '.' || part === '..' ||",
    replace: "part === '.' ||",
    noticedBy: ['test/store/store.test.ts'],
  },
  {
    what: "a trial's result is written before its other files",
    file: 'store/run/commit.ts',
    find: '    await Promise.all([\n      // at once: each waits for the disk',
    replace: '    await putFirst(store, key(RESULT), result);\n    await Promise.all([',
    noticedBy: ['test/store/durability.test.ts'],
  },
  {
    what: 'a result is taken from another sweep before its other files',
    file: 'store/run/commit.ts',
    find: 'for (const [file, bytes] of taken.files) await store.put(',
    replace:
      'await putFirst(store, trialKey(sweepId, trialId, RESULT), taken.result);\n    for (const [file, bytes] of taken.files) await store.put(',
    noticedBy: ['test/store/durability.test.ts'],
  },
  {
    what: 'a rung is recorded before its checkpoint',
    file: 'store/rungs.ts',
    find: "  await store.put(key('ckpt'), encodeCheckpoint(checkpoint, origin));",
    replace:
      "  await putFirst(store, key('json'), record);\n  await store.put(key('ckpt'), encodeCheckpoint(checkpoint, origin));",
    noticedBy: ['test/store/durability.test.ts'],
  },
  {
    what: 'any spec may claim an id',
    file: 'store/run/sweep.ts',
    find: 'some((earlier) => earlier.hash === hash) ? there : undefined',
    replace: 'some((earlier) => earlier.hash === hash) ? there : spec',
    noticedBy: ['test/store/durability.test.ts'],
  },
  {
    what: 'the hash of a text is ignored when it is read',
    file: 'store/keys.ts',
    find: "  if (createHash('sha256').update(bytes).digest('hex') !== digestOf(reference))\n    throw new Error(`${store.url}/${key} has changed`);",
    replace: '  if (bytes.length === 0) throw new Error(`${store.url}/${key} has changed`);',
    noticedBy: ['test/store/durability.test.ts'],
  },
  {
    what: 'the sum of a checkpoint is ignored',
    file: 'store/checkpoint.ts',
    find: "  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(body.length)))\n    throw new Error('a checkpoint whose SHA-256 does not match');",
    replace:
      "  if (!createHash('sha256').update(body).digest()) throw new Error('a checkpoint whose SHA-256 does not match');",
    noticedBy: ['test/store/store.test.ts'],
  },
  {
    what: 'another backend goes on from a checkpoint',
    file: 'store/run/checkpoints.ts',
    find: 'if (found && isSame(origin, found.origin) && isResumable(found.checkpoint)) return found.checkpoint;',
    replace: 'if (found && isResumable(found.checkpoint)) return found.checkpoint;',
    noticedBy: ['test/store/store.test.ts'],
  },
  {
    what: 'results of an older version of the science are taken',
    file: 'store/run/origin.ts',
    find: 'if (result.science !== science) return',
    replace: 'if (result.science > science) return',
    noticedBy: ['test/store/store.test.ts'],
  },
  {
    what: 'one checkpoint is kept, with none before it',
    file: 'store/run/checkpoints.ts',
    find: 'for (const key of upTo.slice(2)) await store.remove(key);',
    replace: 'for (const key of upTo.slice(1)) await store.remove(key);',
    noticedBy: ['test/store/store.test.ts'],
  },
  {
    what: 'decisions after a gap of the record are read',
    file: 'store/decisions.ts',
    find: 'if (Number.parseInt(name, 10) !== record.length) break;',
    replace: '',
    noticedBy: ['test/core/adaptive.test.ts'],
  },
  {
    what: 'other decisions than the recorded ones are passed over',
    file: 'store/decisions.ts',
    find: '  if (canonicalJson(there ?? null) !== canonicalJson(entries))\n    throw new OtherDecisions(`${store.url}/${key} records other decisions than these`);',
    replace:
      '  if (there === null) throw new OtherDecisions(`${store.url}/${key} records other decisions than these`);',
    noticedBy: ['test/core/adaptive.test.ts'],
  },
];
