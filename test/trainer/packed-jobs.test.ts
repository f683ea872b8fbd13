/**
 * Which jobs a sweep makes of its trials if the trainers say how many to train side by side; on a real Temporal server,
 * nothing is trained.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { PackQuestion } from '../../trainer/messages.ts';
import { changeSweep } from '../../orchestrate/steer.ts';
import { newLaboratory, workers, type Laboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

/** Slots 4, and as many jobs waiting: 48 trials are packed by 6 at most. */
const TRIALS = { repeats: 16 };

let lab: Laboratory;
let asked: PackQuestion[];

function answer(size: (question: PackQuestion) => number): void {
  lab.packSize((question) => {
    asked.push(question);
    return size(question);
  });
}
const lanesOf = (sweepId: string) =>
  lab.begun.filter((job) => job.sweepId === sweepId).map(({ lanes }) => lanes.length);

for (const [name, options] of Object.entries(workers))
  describe(name, () => {
    before(async () => {
      lab = await newLaboratory({ slots: 4, ...options });
    });
    beforeEach(() => {
      asked = [];
      lab.flow(true);
      lab.fails(() => false);
      answer(() => 1);
    });
    after(() => lab.stop());

    test(
      'the trainers are asked once for each program, and jobs are packs of that size',
      { timeout: 60_000 },
      async () => {
        answer(({ example }) => (example.task?.['length'] === 5 ? 5 : 1));
        const space = { 'task.length': { choice: [5, 6] }, 'training.learningRate': { choice: [0.1, 0.2, 0.3] } };
        await lab.start('two-programs', { space, repeats: 8 });
        assert.equal((await lab.ended('two-programs')).completed, 48);
        assert.deepEqual(asked.map(({ example, most, steps }) => [example.task?.['length'], most, steps]).sort(), [
          [5, 6, 24 * 900],
          [6, 6, 24 * 900],
        ]);
        assert.deepEqual(lanesOf('two-programs').sort(), [...Array<number>(24).fill(1), 4, 5, 5, 5, 5].sort());
      },
    );

    test(
      'no slot is left without a job, and nobody is asked where there are too few trials for packs',
      { timeout: 60_000 },
      async () => {
        answer(({ most }) => most);
        await lab.start('enough', TRIALS);
        await lab.ended('enough');
        assert.deepEqual(lanesOf('enough'), Array<number>(8).fill(6));
        await lab.start('few', { repeats: 5 });
        await lab.ended('few');
        assert.deepEqual(lanesOf('few'), Array<number>(15).fill(1));
        assert.equal(asked.length, 1);
      },
    );

    test('trainers that cannot say are no harm: a trial a job', { timeout: 60_000 }, async () => {
      answer(() => {
        throw new Error('this question is meant to fail');
      });
      await lab.start('silent', TRIALS);
      assert.deepEqual([(await lab.ended('silent')).completed, new Set(lanesOf('silent'))], [48, new Set([1])]);
      assert.equal(asked.length, 3);
    });

    test(
      'a pack that fails is tried again trial by trial: only the one that is to blame fails',
      { timeout: 60_000 },
      async () => {
        answer(() => 6);
        lab.fails(({ index }) => index === 7);
        await lab.start('one-bad', TRIALS);
        const { state, completed, failed } = await lab.ended('one-bad');
        assert.deepEqual([state, completed, failed], ['completed', 47, 1]);
        assert.deepEqual(lanesOf('one-bad').sort(), [...Array<number>(6).fill(1), ...Array<number>(8).fill(6)]);
      },
    );

    test('a pack that is tried again takes one slot, as before', { timeout: 60_000 }, async () => {
      answer(() => 6);
      lab.fails(({ index }) => index === 7);
      lab.flow(false);
      await lab.start('one-slot', { ...TRIALS, budget: { maxConcurrent: 1 } });
      await until(() => {
        lab.release(lab.inHand()[0]?.lanes.length === 6 ? 1 : 0);
        return lab.inHand()[0]?.lanes.length === 1;
      });
      lab.most();
      lab.flow(true);
      assert.equal((await lab.ended('one-slot')).failed, 1);
      assert.equal(lab.most(), 1);
    });

    test('packs are held while a sweep is paused, and go on as they are', { timeout: 60_000 }, async () => {
      answer(() => 6);
      lab.flow(false);
      await lab.start('held-packs', TRIALS);
      await until(() => lab.inHand().length === 4);
      await changeSweep(lab.target, lab.store, 'held-packs', ['pause']);
      await until(() => lab.inHand().length === 0);
      lab.flow(true);
      await changeSweep(lab.target, lab.store, 'held-packs', ['resume']);
      assert.equal((await lab.ended('held-packs')).completed, 48);
      assert.deepEqual(new Set(lanesOf('held-packs')), new Set([6]));
    });

    test('an adaptive sweep decides after every trial, and asks nobody', { timeout: 60_000 }, async () => {
      answer(() => 6);
      const scheduler = { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 };
      await lab.start('rungs', {
        scheduler,
        search: { name: 'random', trials: 30 },
        space: { 'training.learningRate': { logUniform: [0.001, 1] } },
      });
      assert.equal((await lab.ended('rungs')).state, 'completed');
      assert.deepEqual([asked.length, new Set(lanesOf('rungs'))], [0, new Set([1])]);
    });

    test('a sweep in shards asks in each', { timeout: 60_000 }, async () => {
      answer(() => 16);
      await lab.start('shards', { repeats: 200 });
      assert.equal((await lab.ended('shards')).completed, 600);
      assert.deepEqual(
        asked.map(({ most }) => most),
        [16, 16],
      );
      assert.ok(lanesOf('shards').length < 60, `${lanesOf('shards').length} jobs`);
    });
  });
