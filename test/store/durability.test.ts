/** What a run folder holds when the power fails, a process dies in the middle, or somebody else has been there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import promises, { mkdtemp, open, readlink, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Checkpoint, RungRecord, TrialResult } from '../../core/results.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { openStore, type Store } from '../../store/index.ts';
import { commitRung, readRung } from '../../store/rungs.ts';
import {
  adoptTrial,
  claimSweep,
  commitTrial,
  readCorpus,
  readResult,
  reopenSweep,
  writeCorpus,
} from '../../store/runs.ts';
import { exampleSpec } from '../support/example-run.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-durability-'));
});
after(() => rm(folder, { recursive: true, force: true }));
const newStore = async () => openStore(await mkdtemp(join(folder, 'runs-')));

/**
 * What is asked of the file system, in order: 'sync NAME', 'rename NAME' and 'link NAME', each with the name of what
 * becomes durable.
 */
async function watched(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  const handle = await open(folder, 'r');
  const kind = Object.getPrototypeOf(handle) as { sync(this: { fd: number }): Promise<void> };
  await handle.close();
  const { sync } = kind;
  const { rename, link } = promises;
  const named = (path: string) => basename(path).replace(/^\.tmp-.*/, 'draft');
  kind.sync = async function (this: { fd: number }) {
    const path = await readlink(`/proc/self/fd/${this.fd}`);
    await sync.call(this);
    seen.push(`sync ${named(path)}`);
  };
  promises.rename = async (from, to) => {
    await rename(from, to);
    seen.push(`rename ${named(String(to))}`);
  };
  promises.link = async (from, to) => {
    await link(from, to);
    seen.push(`link ${named(String(to))}`);
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    kind.sync = sync;
    Object.assign(promises, { rename, link });
    syncBuiltinESMExports();
  }
  return seen;
}

test(
  'a write is on the disk before its name is there, and the name before anybody is told',
  { skip: process.platform === 'linux' ? false : 'looks into /proc' },
  async () => {
    const store = await newStore();
    assert.deepEqual(await watched(() => store.put('a/b.txt', 'one')), ['sync draft', 'rename b.txt', 'sync a']);
    assert.deepEqual(await watched(() => store.put('a/b.txt', 'two')), ['sync draft', 'rename b.txt', 'sync a']);
    assert.deepEqual(await watched(() => store.putNew('a/c.txt', 'one')), ['sync draft', 'link c.txt', 'sync a']);
  },
);

const { task, model, training } = exampleSpec;
const trial = { task, model, training, seed: 7 } as TrialResult['trial'];
const checkpoint: Checkpoint = {
  step: 900,
  curve: [{ step: 900, metrics: { accuracy: 0.5 } }],
  observations: [{ step: 900, kind: 'samples', data: ['a'] }],
  state: { about: { of: 'a test' }, bytes: Uint8Array.of(1) },
};
const origin = { backend: 'test', replayed: false };
const record: RungRecord = {
  trialId: 't',
  trial,
  science: SCIENCE_VERSION,
  steps: 900,
  metrics: { accuracy: 0.5 },
  parameters: 1,
  ...origin,
};
const result: TrialResult = { ...record, status: 'completed' };
const timing = { seconds: 1, attempts: 1, worker: 'here', startedAt: 'a', endedAt: 'b' };

const DEAD = new Error('killed');

/** The store of a process that is killed after so many writes: nothing comes to the disk any more. */
function mortal(store: Store, writes: number): Store {
  let left = writes;
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) throw DEAD;
    return work();
  };
  return {
    ...store,
    put: (key, bytes) => write(() => store.put(key, bytes)),
    putNew: (key, bytes) => write(() => store.putNew(key, bytes)),
  };
}

/** Kills the work at each of its writes in turn, and looks at what it left; at last lets it end. */
async function killedAnywhere(
  work: (store: Store) => Promise<unknown>,
  prepare: (store: Store) => Promise<unknown>,
  check: (store: Store) => Promise<void>,
): Promise<void> {
  for (let writes = 0; ; writes++) {
    const store = await newStore();
    await prepare(store);
    const killed = await work(mortal(store, writes)).then(
      () => false,
      (error: unknown) => {
        assert.equal(error, DEAD);
        return true;
      },
    );
    await check(store);
    if (killed) continue;
    assert.ok(writes > 2, 'it writes several files');
    return;
  }
}
const nothing = async () => {};

const filesOfTrial = ['metrics.csv', 'model.ckpt', 'observations.json', 'result.json', 'timing.json'];
const wholeOrWithout = async (store: Store, sweepId: string) => {
  if ((await readResult(store, sweepId, 't')) !== undefined)
    assert.deepEqual(await store.list(`${sweepId}/trials/t`), filesOfTrial);
};

test('a trial that has a result is whole, whenever its trainer was killed', async () => {
  await killedAnywhere(
    (store) => commitTrial(store, 's', { result, timing, curve: checkpoint.curve, model: checkpoint }),
    nothing,
    (store) => wholeOrWithout(store, 's'),
  );
});

test('so is one that was taken from another sweep', async () => {
  await killedAnywhere(
    (store) => adoptTrial(store, 's', 't', origin),
    async (store) => {
      await store.put('first/sweep.json', '{}');
      await commitTrial(store, 'first', { result, timing, curve: checkpoint.curve, model: checkpoint });
    },
    (store) => wholeOrWithout(store, 's'),
  );
});

test('a rung that has a record has its curve and its checkpoint', async () => {
  await killedAnywhere(
    (store) => commitRung(store, 's', { record, checkpoint }, origin),
    nothing,
    async (store) => {
      const names = ['csv', 'ckpt', 'json'].map((kind) => `step-000000900.${kind}`).sort();
      if ((await readRung(store, 's', 't', 900)) !== undefined)
        assert.deepEqual(await store.list('s/trials/t/rungs'), names);
    },
  );
});

test('an id is of the spec that came first: another one is refused, and the same, or one from before an extension, gets what stands', async () => {
  const store = await newStore();
  assert.deepEqual(await claimSweep(store, 's', exampleSpec), exampleSpec);
  assert.deepEqual(await claimSweep(store, 's', { ...exampleSpec }), exampleSpec);
  const longer = { ...exampleSpec, repeats: exampleSpec.repeats + 1 };
  assert.equal(await claimSweep(store, 's', longer), undefined);
  await reopenSweep(store, 's', longer);
  assert.deepEqual(await claimSweep(store, 's', exampleSpec), longer, 'it has been extended');
  assert.deepEqual(await claimSweep(store, 's', longer), longer);
  assert.equal(await claimSweep(store, 's', { ...exampleSpec, seed: exampleSpec.seed + 1 }), undefined);
});

test('a text is the one that its trials refer to, or it is not read', async () => {
  const store = await newStore();
  const reference = `sha256:${createHash('sha256').update('once upon a time').digest('hex')}`;
  await assert.rejects(readCorpus(store, 's', reference), /is missing/);
  await writeCorpus(store, 's', reference, 'once upon a time');
  assert.equal(await readCorpus(store, 's', reference), 'once upon a time');
  const [file = ''] = await store.list('s/corpora');
  await writeFile(join(store.url, 's/corpora', file), 'once upon a dime');
  await assert.rejects(readCorpus(store, 's', reference), /has changed/);
});
