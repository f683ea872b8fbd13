/**
 * A result without what belongs to it counts as missing wherever results are looked for, and its trial is trained
 * again.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { trialAt } from '../../core/plan.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import type { Store } from '../../store/index.ts';
import { adoptTrial, commitTrial, readResult } from '../../store/runs.ts';
import { storedTrials } from '../../store/trials.ts';
import { memoryStore } from '../support/example-run.ts';
import { labSpec, newLaboratory, type Laboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

const FILES = ['metrics.csv', 'model.ckpt', 'observations.json', 'timing.json'];
const origin = { backend: 'test', replayed: false };
const { trialId, trial } = trialAt(labSpec, 0);
const curve = [{ step: 100, metrics: { loss: 1 } }];
const result = {
  trialId,
  trial,
  science: SCIENCE_VERSION,
  steps: 100,
  metrics: { loss: 1 },
  parameters: 1,
  ...origin,
  status: 'completed' as const,
};
const timing = { seconds: 1, attempts: 1, worker: 'here', startedAt: '', endedAt: '' };
const model = { step: 100, curve, observations: [{ step: 100, kind: 'samples' as const, data: { texts: ['a'] } }] };
const finished = { result, timing, curve, model };
const key = (file: string, sweep = 'own') => `${sweep}/trials/${trialId}/${file}`;

async function committed(trained = finished): Promise<Store> {
  const store = memoryStore();
  await store.put('own/sweep.json', '{}');
  await commitTrial(store, 'own', trained);
  return store;
}

const found = async (store: Store) => {
  for await (const one of storedTrials(store, 'own', labSpec)) if (one.trialId === trialId) return one.found;
  return undefined;
};

describe('in the store', () => {
  for (const file of FILES) {
    test(`a result that has lost its ${file} is no result, for nobody, until the trial is trained again`, async () => {
      const store = await committed();
      assert.deepEqual(await found(store), result);
      await store.remove(key(file));
      const heard: string[] = [];
      assert.equal(await readResult(store, 'own', trialId, (message) => heard.push(message)), undefined);
      assert.deepEqual(heard, [`memory/${key('result.json')}: without its ${file}`]);
      assert.equal(await found(store), undefined);
      assert.equal(await adoptTrial(store, 'new', trialId, origin), undefined);
      assert.deepEqual(await store.list('new'), []);
      await commitTrial(store, 'own', finished);
      assert.deepEqual(await readResult(store, 'own', trialId), result);
      assert.ok(await store.get(key(file)));
    });
  }

  test('what takes the place of a result that lost its files is of one piece', async () => {
    const store = await committed();
    await store.remove(key('model.ckpt'));
    const other = { ...finished, result: { ...result, backend: 'another' } };
    assert.equal((await commitTrial(store, 'own', other)).backend, 'another');
    assert.equal((await readResult(store, 'own', trialId))?.backend, 'another');

    await store.remove(key('model.ckpt'));
    await commitTrial(store, 'other', finished);
    await store.put('other/sweep.json', '{}');
    assert.equal((await adoptTrial(store, 'own', trialId, origin))?.backend, 'test');
    assert.equal((await readResult(store, 'own', trialId))?.backend, 'test');
  });

  test('older trials of which nothing was seen have no observations.json, and are whole', async () => {
    const store = await committed({ ...finished, model: { ...model, observations: [] } });
    await store.remove(key('observations.json'));
    assert.deepEqual(await readResult(store, 'own', trialId), result);
    assert.deepEqual(await adoptTrial(store, 'new', trialId, origin), result);
  });

  test('a trial whose network or curve is damaged, or whose result is of another shape, is not adopted', async () => {
    for (const [file, text] of [
      ['model.ckpt', 'garbage'],
      ['metrics.csv', '"'],
      ['result.json', 'null'],
      ['result.json', '{}'],
      ['result.json', '[]'],
    ] as const) {
      const store = await committed();
      await store.put(key(file), text);
      assert.equal(await adoptTrial(store, 'new', trialId, origin), undefined, file);
    }
  });

  test('a sweep whose files cannot be read keeps no other from being looked through', async () => {
    const store = await committed();
    await store.put('bad/sweep.json', '{}');
    const unreadable: Store = {
      ...store,
      get: async (path) => {
        if (path.startsWith('bad/')) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
        return store.get(path);
      },
    };
    assert.deepEqual(await adoptTrial(unreadable, 'new', trialId, origin), result);
  });
});

describe('in a sweep', () => {
  let lab: Laboratory;
  before(async () => {
    lab = await newLaboratory();
  });
  after(() => lab.stop());

  test(
    'trials that have lost a file are trained again, those of which nothing is lost are not',
    { timeout: 60_000 },
    async () => {
      const spec = await lab.start('one');
      await lab.ended('one');
      const lost = FILES.filter((file) => file !== 'observations.json').map((file, i) => ({
        file,
        id: trialAt(spec, i).trialId,
      }));
      for (const { file, id } of lost) await rm(join(lab.store.url, 'one/trials', id, file));
      const before = lab.trained('one').length;
      await lab.start('one');
      assert.equal((await lab.ended('one')).completed, 6);
      assert.deepEqual(lab.trained('one').slice(before).sort(), lost.map(({ id }) => id).sort());
      for (const { file, id } of lost) assert.ok((await lab.store.list(`one/trials/${id}`)).includes(file), file);
    },
  );

  test('a file that goes while the sweep runs is trained again before it ends', { timeout: 60_000 }, async () => {
    lab.flow(false);
    const spec = await lab.start('two');
    await until(() => lab.inHand().length === 4);
    lab.release(1);
    const first = await until(() => lab.trained('two')[0]);
    await until(() => readResult(lab.store, 'two', first));
    await rm(join(lab.store.url, 'two/trials', first, 'model.ckpt'));
    lab.flow(true);
    assert.equal((await lab.ended('two')).state, 'completed');
    assert.equal(lab.trained('two').filter((id) => id === first).length, 2);
    for (let i = 0; i < 6; i++) assert.ok(await readResult(lab.store, 'two', trialAt(spec, i).trialId));
  });
});
