/**
 * Sweeps whose folder or report is not where a worker would have it, on a real Temporal server; only the training is
 * simulated.
 */
import assert from 'node:assert/strict';
import { rename, stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { cancelWorkflow } from '../../orchestrate/cancel.ts';
import { reopenEnded } from '../../orchestrate/start-workflow.ts';
import { workflowState } from '../../orchestrate/workflow.ts';
import { changeSweep } from '../../orchestrate/steer.ts';
import { openStore } from '../../store/index.ts';
import { readControl, readOutcome, readSpec, storeId } from '../../store/runs.ts';
import { newLaboratory, type Laboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

let lab: Laboratory;
before(async () => {
  lab = await newLaboratory({ slots: 2 });
});
after(() => lab.stop());

test(
  'cancel ends a sweep whose report cannot be written, with the reason in its outcome',
  { timeout: 60_000 },
  async () => {
    lab.flow(false);
    await lab.start('stuck');
    await until(() => lab.inHand().length === 2);
    await lab.store.put('stuck/report', 'a file where the folder should be');
    lab.flow(true);
    const came = await until(async () => {
      const answer = await cancelWorkflow(lab.target, lab.store, 'stuck');
      if (answer !== 'ending' && answer !== 'cancelling' && answer !== 'already') return answer;
      return false;
    });
    assert.equal(came, 'ended');
    assert.equal(await workflowState(lab.target, lab.store, 'stuck'), 'terminated');
    const outcome = await readOutcome(lab.store, 'stuck');
    assert.equal(outcome?.state, 'cancelled');
    assert.match(outcome?.message ?? '', /^cancelled, since its report could not be written: .*report/);
  },
);

test(
  'a sweep that was paused when it was cancelled goes on unpaused with an extension',
  { timeout: 60_000 },
  async () => {
    lab.flow(false);
    const spec = await lab.start('held');
    await until(() => lab.inHand().length === 2);
    await changeSweep(lab.target, lab.store, 'held', ['pause']);
    await until(() => lab.inHand().length === 0);
    await cancelWorkflow(lab.target, lab.store, 'held');
    assert.equal((await lab.ended('held')).state, 'cancelled');
    await reopenEnded(lab.store, 'held', { ...spec, repeats: 3 });
    assert.deepEqual(
      [
        (await readSpec(lab.store, 'held'))?.repeats,
        await readControl(lab.store, 'held'),
        await readOutcome(lab.store, 'held'),
      ],
      [3, { paused: false }, undefined],
    );
  },
);

test(
  'a worker whose runs folder is moved away takes no more jobs and makes nothing where it was; there the sweep goes on',
  { timeout: 60_000 },
  async () => {
    lab.flow(false);
    await lab.start('moved');
    await until(() => lab.inHand().length === 2);
    const id = await storeId(lab.store);
    const there = `${lab.store.url}-moved`;
    await rename(lab.store.url, there);
    lab.flow(true);
    assert.match((await lab.workerEnded()) ?? '', /^\/.* is no longer the runs folder that this worker serves/);
    assert.equal(
      await stat(lab.store.url).then(
        () => true,
        () => false,
      ),
      false,
      'the old folder is back',
    );
    const moved = openStore(there);
    assert.equal(await storeId(moved), id);
    assert.equal(await workflowState(lab.target, moved, 'moved'), 'running');
    await rename(there, lab.store.url);
    await lab.replaceWorker();
    const { state, completed } = await lab.ended('moved');
    assert.deepEqual([state, completed], ['completed', 6]);
  },
);
