/**
 * Files that a disk has damaged: what training makes again is made again, and of what nobody can read a line says which
 * it is.
 */
import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seedOf } from '../../trainer/network/seed.ts';
import { findSeed } from '../../trainer/seed.ts';
import { trialAt } from '../../core/plan.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { openStore, type Store } from '../../store/index.ts';
import { commitRung, readRung } from '../../store/rungs.ts';
import { adoptTrial, commitTrial, readModel, readResult, writeOutcome } from '../../store/runs.ts';
import { exampleSpec, memoryStore, writeExampleRun } from '../support/example-run.ts';
import { labSpec, newLaboratory, type Laboratory } from '../support/laboratory.ts';
import { newMachine, type Machine } from '../support/machine.ts';

const origin = { backend: 'test', replayed: false };
const { trialId, trial } = trialAt(labSpec, 0);
const record = { trialId, trial, science: SCIENCE_VERSION, steps: 100, metrics: { loss: 1 }, parameters: 1, ...origin };
const state = { about: { of: 'a test' }, bytes: Uint8Array.of(7) };
const model = { step: 100, curve: [], observations: [], state };
const finished = {
  result: { ...record, status: 'completed' as const },
  timing: { seconds: 1, attempts: 1, worker: 'here', startedAt: '', endedAt: '' },
  curve: [],
  model,
};
const damage = (store: Store, key: string) => store.put(key, '{ "trialId": "');
const damageResult = (store: Store, sweepId: string, id = trialId) =>
  damage(store, `${sweepId}/trials/${id}/result.json`);

describe('in the store', () => {
  let store: Store;
  before(async () => {
    store = memoryStore();
    for (const sweep of ['own', 'other']) await store.put(`${sweep}/sweep.json`, '{}');
  });

  test('a damaged result counts as none, and is replaced by the next one', async () => {
    await commitTrial(store, 'own', finished);
    await damageResult(store, 'own');
    const heard: string[] = [];
    assert.equal(await readResult(store, 'own', trialId, (message) => heard.push(message)), undefined);
    assert.match(heard.join(), /^memory\/own\/trials\/\w+\/result\.json: not JSON \(/);
    assert.deepEqual(await commitTrial(store, 'own', finished), finished.result);
    assert.deepEqual(await readResult(store, 'own', trialId), finished.result);
  });

  test('one of another sweep is not taken, and a whole one takes the place of a damaged one', async () => {
    await damageResult(store, 'other');
    assert.equal(await adoptTrial(store, 'new', trialId, origin, ['other']), undefined);
    assert.deepEqual(await adoptTrial(store, 'other', trialId, origin), finished.result);
    assert.deepEqual(await readResult(store, 'other', trialId), finished.result);
  });

  test('a damaged rung is replaced too', async () => {
    await commitRung(store, 'own', { record, checkpoint: model }, origin);
    await damage(store, `own/trials/${trialId}/rungs/step-000000100.json`);
    assert.deepEqual(await commitRung(store, 'own', { record, checkpoint: model }, origin), record);
    assert.deepEqual(await readRung(store, 'own', trialId, 100), record);
  });

  test('a damaged network is named, and no trial of an extended sweep goes on from it', async () => {
    await commitTrial(store, 'own', finished);
    await store.put('own/extended.json', JSON.stringify([{ hash: '', ends: { maxSteps: trial.training.maxSteps } }]));
    const longer = { ...trial, training: { ...trial.training, maxSteps: 1000 } };
    const seed = () => findSeed(store, 'own', longer, { origin, upTo: 1000, seedOf });
    assert.equal((await seed())?.step, 100);
    await damage(store, `own/trials/${trialId}/model.ckpt`);
    await assert.rejects(
      readModel(store, 'own', trialId),
      /\/model\.ckpt: a checkpoint of 14 bytes is cut short; remove the trial's folder/,
    );
    assert.equal(await seed(), undefined);
  });
});

describe('in a sweep', () => {
  let lab: Laboratory;
  before(async () => {
    lab = await newLaboratory();
  });
  after(() => lab.stop());

  test(
    "trials whose results are damaged, its own or another's, are trained again, and all others are taken",
    { timeout: 60_000 },
    async () => {
      const spec = await lab.start('one');
      await lab.ended('one');
      const damaged = trialAt(spec, 2).trialId;
      const file = join(lab.store.url, 'one/trials', damaged, 'result.json');
      await truncate(file, 20);
      await lab.start('two', { seed: spec.seed });
      assert.equal((await lab.ended('two')).completed, 6);
      assert.deepEqual(lab.trained('two'), [damaged]);

      await truncate(file.replace('/one/', '/two/'), 0);
      await lab.start('one');
      assert.equal((await lab.ended('one')).completed, 6);
      assert.deepEqual(
        lab.trained('one').filter((id) => id === damaged),
        [damaged, damaged],
      );
      assert.equal((await readResult(lab.store, 'one', damaged))?.status, 'completed');
      assert.deepEqual(lab.warnings, []);
    },
  );
});

describe('on the command line', () => {
  let machine: Machine;
  let store: Store;
  let sweepId: string;
  before(async () => {
    machine = await newMachine();
    store = openStore(join(machine.folder, 'runs'));
    sweepId = await writeExampleRun(store, { failed: -1 });
    await writeOutcome(store, sweepId, {
      state: 'completed',
      total: 42,
      completed: 42,
      diverged: 1,
      failed: 0,
      at: '',
    });
    await damageResult(store, sweepId, trialAt(exampleSpec, 0).trialId);
  });
  after(() => machine.stop());
  const sweep = (...args: string[]) => machine.sweep(...args, '--runs', store.url);

  test('status and watch count what they can read', { timeout: 60_000 }, async () => {
    const provenance = `${sweepId}/provenance.json`;
    const bytes = (await store.get(provenance)) ?? '';
    await damage(store, provenance);
    const status = await sweep('status');
    assert.match(status.stdout, / completed +41\/42 /, status.stderr);
    assert.equal((await sweep('status', sweepId)).code, 0);
    assert.equal((await sweep('watch', sweepId)).code, 0);
    await store.put(provenance, bytes);
  });

  test('what cannot go on names the file in one line', { timeout: 60_000 }, async () => {
    const report = await sweep('report', sweepId);
    assert.deepEqual([report.code, report.stdout], [1, '']);
    assert.match(report.stderr, /^error: \S*\/result\.json: not JSON \(.*\)\n$/);
    await damage(store, `${sweepId}/outcome.json`);
    for (const command of ['status', 'watch']) {
      const { code, stderr } = await sweep(command, sweepId);
      assert.equal(code, 1);
      assert.match(stderr, /^error: \S*\/outcome\.json: not JSON \(.*\)\n$/);
    }
  });
});
