/** Sweeps steered while they run, on a real Temporal server; only the training is simulated. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import { audit } from '../../core/explain.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { changeSweep } from '../../orchestrate/steer.ts';
import { cancelWorkflow } from '../../orchestrate/cancel.ts';
import { followSweep } from '../../orchestrate/follow.ts';
import { storedSnapshot } from '../../orchestrate/snapshot.ts';
import type { SweepSnapshot } from '../../core/results.ts';
import { readDecisions } from '../../store/decisions.ts';
import { readControl, readOutcome, readSpec, listTrials } from '../../store/runs.ts';
import { MOST_IN_FLIGHT, type SweepProgress } from '../../workflows/messages.ts';
import { newLaboratory, rootOf, workers, type Laboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

let lab: Laboratory;

async function snapshot(sweepId: string): Promise<SweepSnapshot> {
  for await (const one of followSweep(lab.target, lab.store, sweepId, { signal: AbortSignal.timeout(20_000) }))
    return one;
  throw new Error('no snapshot');
}
const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof UserError && pattern.test(error.message) && !error.message.includes('\n');
const change = (sweepId: string, ...what: Parameters<typeof changeSweep>[3]) =>
  changeSweep(lab.target, lab.store, sweepId, what);
const details = async (sweepId: string) => {
  const { client } = lab.target;
  const handle = client.workflow.getHandle(await rootOf(lab, sweepId));
  return String(
    await handle
      .query('__temporal_workflow_metadata')
      .then((metadata) => (metadata as { currentDetails?: string }).currentDetails),
  );
};
/** What the Temporal UI lists. */
const statusOf = async (sweepId: string) =>
  (await lab.target.client.workflow.getHandle(await rootOf(lab, sweepId)).describe()).searchAttributes[
    'SweepStatus'
  ]?.[0];

const asha = {
  scheduler: { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 },
  search: { name: 'random', trials: 9 },
  space: { 'training.learningRate': { logUniform: [0.001, 1] } },
} satisfies Partial<NetworkSweep>;

/** So little that a few trials are a large sweep, whose workflows continue as new all the time. */
const limits = { trials: 4, events: 40 };

/** Runs of each workflow of a sweep: of its own, and of its shards. */
async function runsOf(sweepId: string): Promise<{ own: number; shards: number[] }> {
  const root = await rootOf(lab, sweepId);
  const runs = new Map<string, number>();
  const found = lab.target.client.workflow.list({ query: `WorkflowId STARTS_WITH '${root}'` });
  for await (const { workflowId } of found) runs.set(workflowId, (runs.get(workflowId) ?? 0) + 1);
  const { [root]: own = 0, ...shards } = Object.fromEntries(runs);
  return { own, shards: Object.values(shards) };
}
const eachOnce = async (sweepId: string, count: number) => {
  const trained = lab.trained(sweepId);
  assert.deepEqual(
    [trained.length, new Set(trained).size, (await listTrials(lab.store, sweepId)).length],
    [count, count, count],
  );
};

for (const [name, options] of Object.entries(workers))
  describe(name, () => {
    before(async () => {
      lab = await newLaboratory({ slots: 4, ...options });
    });
    after(async () => {
      await lab.stop();
      assert.deepEqual(
        lab.warnings.filter((line) => !line.includes('meant to fail')),
        [],
      );
    });

    test('a small sweep runs to its end', { timeout: 180_000 }, async () => {
      await lab.start('small');
      const { state, total, completed } = await lab.ended('small');
      assert.deepEqual([state, total, completed], ['completed', 6, 6]);
    });

    test(
      'pause holds all jobs after a checkpoint, and resume goes on; the folder, the client and the UI agree',
      { timeout: 180_000 },
      async () => {
        lab.flow(false);
        const spec = await lab.start('held');
        await until(() => lab.inHand().length === 4);
        assert.deepEqual(await change('held', 'pause'), { changed: true });
        assert.deepEqual(await change('held', 'pause'), { changed: false });
        await until(() => lab.inHand().length === 0);
        const seen = await snapshot('held');
        assert.deepEqual([seen.state, seen.completed, seen.running], ['paused', 0, []]);
        assert.equal((await storedSnapshot(lab.store, 'held', spec)).state, 'paused');
        assert.match(await details('held'), /^\*\*paused\*\* · 0\/6 trials/);
        assert.equal(await statusOf('held'), 'paused');
        assert.deepEqual(await change('held', 'resume'), { changed: true });
        await until(() => lab.inHand().length === 4);
        assert.equal((await snapshot('held')).state, 'running');
        lab.flow(true);
        assert.equal((await lab.ended('held')).completed, 6);
        assert.equal(await change('held', 'pause'), undefined);
      },
    );

    test(
      'concurrency applies at once, up and down, and refuses what is no number of jobs',
      { timeout: 180_000 },
      async () => {
        lab.flow(false);
        await lab.start('narrow', { budget: { maxConcurrent: 1 }, repeats: 3 });
        await until(() => lab.inHand().length === 1);
        await change('narrow', 'concurrency', 3);
        await until(() => lab.inHand().length === 3);
        const kept = lab.inHand()[0]?.lanes[0]?.trialId;
        await change('narrow', 'concurrency', 1);
        await until(() => lab.inHand().length === 1);
        assert.equal(lab.inHand()[0]?.lanes[0]?.trialId, kept, 'the oldest goes on');
        assert.equal((await readControl(lab.store, 'narrow')).maxConcurrent, 1);
        assert.equal((await snapshot('narrow')).maxConcurrent, 1);
        for (const wrong of [0, -1, 1.5, 1025]) {
          await assert.rejects(
            change('narrow', 'concurrency', wrong),
            refusal(/is no number of jobs at a time; allowed: a whole number from 1 to 1024/),
          );
        }
        lab.most();
        lab.flow(true);
        assert.equal((await lab.ended('narrow')).completed, 9);
        assert.equal(lab.most(), 1);
      },
    );

    test(
      'extend adds values and repeats while it runs; what is finished is not trained again',
      { timeout: 180_000 },
      async () => {
        lab.flow(false);
        const spec = await lab.start('wider');
        await until(() => lab.inHand().length === 4);
        lab.release(2);
        await until(async () => (await snapshot('wider')).completed === 2);
        const first = lab.trained('wider');
        const more = { ...spec, repeats: 3, space: { 'training.learningRate': { choice: [0.1, 0.2, 0.3, 0.4] } } };
        assert.deepEqual(await change('wider', 'extend', more), { changed: true });
        await assert.rejects(change('wider', 'extend', more), refusal(/nothing is new/));
        await assert.rejects(
          change('wider', 'extend', { ...more, repeats: 2 }),
          refusal(/repeats 2 is less than the sweep has; allowed: 3 or more/),
        );
        await assert.rejects(change('wider', 'extend', spec), refusal(/allowed/));
        assert.deepEqual(await readSpec(lab.store, 'wider'), more);
        lab.flow(true);
        const { total, completed } = await lab.ended('wider');
        assert.deepEqual([total, completed], [12, 12]);
        const trained = lab.begun
          .filter(({ sweepId }) => sweepId === 'wider')
          .flatMap(({ lanes }) => lanes.map(({ trialId }) => trialId));
        for (const id of first) assert.equal(trained.filter((one) => one === id).length, 1);
        assert.equal(new Set(trained).size, 12);
        assert.equal((await listTrials(lab.store, 'wider')).length, 12);
      },
    );

    test('a sweep that is cancelled as it is extended ends, and says so', { timeout: 180_000 }, async () => {
      lab.flow(false);
      for (const id of ['torn', 'torn-at-once']) {
        const spec = await lab.start(id);
        await until(() => lab.inHand().length === 4);
        const handle = lab.target.client.workflow.getHandle(await rootOf(lab, id));
        const extended = change(id, 'extend', { ...spec, repeats: 3 });
        if (id === 'torn') assert.deepEqual(await extended, { changed: true }); // jobs hear with their next beat that they are held
        await Promise.allSettled([extended, handle.cancel()]);
        await assert.rejects(handle.result(), /cancelled/i);
        assert.equal((await readOutcome(lab.store, id))?.state, 'cancelled');
      }
    });

    test('retry trains what failed, and only that', { timeout: 180_000 }, async () => {
      lab.flow(true);
      lab.fails(({ index }) => index === 2 || index === 3);
      await lab.start('failing');
      assert.equal((await lab.ended('failing')).failed, 2);
      lab.fails(() => false);
      const before = lab.begun.length;
      await lab.start('failing');
      await until(async () => (await readOutcome(lab.store, 'failing'))?.failed === 0);
      assert.deepEqual(
        lab.begun
          .slice(before)
          .flatMap(({ lanes }) => lanes.map(({ index }) => index))
          .sort(),
        [2, 3],
      );

      lab.fails(({ index }) => index === 0);
      lab.flow(false);
      await lab.start('failing-now', { budget: { maxConcurrent: 4 } }); // of more jobs than slots, the first may wait
      await until(async () => (await snapshot('failing-now')).failed === 1);
      lab.fails(() => false);
      assert.deepEqual(await change('failing-now', 'retry'), { changed: true });
      await until(async () => (await snapshot('failing-now')).failed === 0 && lab.inHand().length === 4);
      await assert.rejects(change('failing-now', 'retry'), refusal(/no trial has failed/));
      lab.flow(true);
      assert.deepEqual([(await lab.ended('failing-now')).completed, (await lab.ended('failing-now')).failed], [6, 0]);
    });

    test('a budget of trials ends the sweep with the first ones, and says so', { timeout: 180_000 }, async () => {
      await lab.start('few', { budget: { maxTrials: 4 } });
      const { state, completed, total, message } = await lab.ended('few');
      assert.deepEqual(
        [state, completed, total, message],
        ['completed', 4, 6, 'ended by its budget of 4 trials, with 2 untrained'],
      );
      lab.flow(false);
      await lab.start('few-lost', { budget: { maxTrials: 4 } });
      await until(() => lab.inHand().length === 4);
      lab.release(3);
      await until(async () => (await snapshot('few-lost')).completed === 3);
      await lab.store.remove(`few-lost/trials/${lab.trained('few-lost')[0]}`);
      lab.flow(true);
      assert.equal((await lab.ended('few-lost')).completed, 4);
      assert.equal((await listTrials(lab.store, 'few-lost')).length, 4, 'what was lost is trained again');
    });

    test(
      'an adaptive sweep stops trials at rungs, records why, and survives pause and retry',
      { timeout: 120_000 },
      async () => {
        lab.flow(true);
        await lab.start('adaptive', asha);
        const { state, total, completed, stopped } = await lab.ended('adaptive');
        assert.deepEqual([state, total, completed], ['completed', 18, 18]);
        assert.ok(stopped !== undefined && stopped >= 12, String(stopped));
        const record = await readDecisions(lab.store, 'adaptive');
        const decisions = record.flatMap((entry) => ('report' in entry ? entry.decisions : [entry.decision]));
        assert.equal(decisions.filter(({ action }) => action === 'start').length, 9);
        assert.equal(decisions.filter(({ action }) => action === 'stop' || action === 'complete').length, 9);
        const results = Buffer.from((await lab.store.get('adaptive/report/results.csv')) ?? []).toString();
        const later = results.split('\n').filter((line) => line.includes(',stopped,300,')).length;
        assert.equal(results.split('\n').filter((line) => line.includes(',stopped,100,')).length, stopped - later);
        // Started again, it stands where it stood.
        await lab.start('adaptive', asha);
        await until(async () => (await snapshot('adaptive')).state === 'completed');
        assert.deepEqual(await readDecisions(lab.store, 'adaptive'), record);
        assert.deepEqual(
          [(await lab.ended('adaptive')).completed, (await lab.ended('adaptive')).stopped],
          [completed, stopped],
        );
      },
    );

    test(
      'an adaptive sweep has no more jobs in flight than its history has room for',
      { timeout: 180_000 },
      async () => {
        lab.flow(false);
        await lab.start('throng', {
          ...asha,
          repeats: 1,
          search: { name: 'random', trials: 300 },
          budget: { maxConcurrent: 1024 },
        });
        await until(() => lab.inHand().length === 4);
        const handle = lab.target.client.workflow.getHandle(await rootOf(lab, 'throng'));
        assert.equal((await handle.describe()).raw.pendingActivities?.length, MOST_IN_FLIGHT);
        await handle.cancel();
        assert.equal((await lab.ended('throng')).state, 'cancelled');
      },
    );

    test('an adaptive sweep trains again what its run folder has lost', { timeout: 180_000 }, async () => {
      lab.flow(true);
      const spec = await lab.start('forgetful', asha);
      const { completed } = await lab.ended('forgetful');
      const [lost = ''] = await listTrials(lab.store, 'forgetful');
      await lab.store.remove(`forgetful/trials/${lost}`);
      await lab.start('forgetful', asha);
      assert.deepEqual(
        [(await lab.ended('forgetful')).state, (await lab.ended('forgetful')).completed],
        ['completed', completed],
      );
      assert.ok((await listTrials(lab.store, 'forgetful')).includes(lost));
      assert.equal(audit(spec, await readDecisions(lab.store, 'forgetful')), undefined);
    });

    for (const [scheduler, done] of [
      [asha.scheduler, 3],
      [{ name: 'hyperband', eta: 3, minSteps: 100 }, 0],
    ] as const) {
      test(
        `a sweep by ${scheduler.name} is extended after ${done} outcomes, and then retried: its record begins again and holds`,
        { timeout: 180_000 },
        async () => {
          const id = `grown-${scheduler.name}`;
          lab.flow(false);
          const spec = await lab.start(id, { ...asha, scheduler });
          for (let left = done; left > 0; left--) {
            await until(() => lab.inHand().length === 4);
            lab.release(1);
          }
          await until(() => lab.inHand().length === 4);
          const more = { ...spec, repeats: 3, training: { ...spec.training, maxSteps: 2700 } };
          assert.deepEqual(await change(id, 'extend', more), { changed: true });
          lab.fails(({ index }) => index === 5);
          await until(async () => {
            lab.release(1);
            return (await snapshot(id)).failed === 1;
          });
          lab.fails(() => false);
          assert.deepEqual(await change(id, 'retry'), { changed: true });
          lab.flow(true);
          const { state, total, completed, failed, message } = await lab.ended(id);
          assert.deepEqual([state, total, completed, failed, message], ['completed', 27, 27, 0, undefined]);
          assert.equal(audit(more, await readDecisions(lab.store, id)), undefined);
        },
      );
    }

    test(
      'a search that learns has its choices in the record, the report and the status',
      { timeout: 180_000 },
      async () => {
        const spec = await lab.start('learning', {
          search: { name: 'tpe', trials: 8, startup: 3, candidates: 8, gamma: 0.25 },
          space: { 'training.learningRate': { logUniform: [0.001, 1] } },
        });
        const { completed } = await lab.ended('learning');
        assert.equal(completed, 16);
        const suggested = (await readDecisions(lab.store, 'learning')).flatMap((entry) =>
          'suggested' in entry ? [String(entry.suggested?.['training.learningRate'])] : [],
        );
        assert.equal(new Set(suggested).size, 8);
        const rows = Buffer.from((await lab.store.get('learning/report/results.csv')) ?? [])
          .toString()
          .trim()
          .split('\n')
          .slice(1);
        assert.deepEqual(
          rows.map((row) => row.split(',')[5]),
          suggested.flatMap((rate) => [rate, rate]),
        );
        assert.equal((await storedSnapshot(lab.store, 'learning', spec)).completed, 16);
      },
    );

    test(
      'shards share the limit and hold when the sweep is paused; no update and no trial is lost when it continues as new',
      { timeout: 180_000 },
      async () => {
        lab.flow(false);
        await lab.start('large', { repeats: 4, budget: { maxConcurrent: 3 } }, { limits });
        await until(() => lab.inHand().length === 3);
        for (const jobs of [2, 4, 1, 3]) {
          const answers = await Promise.all([change('large', 'concurrency', jobs), change('large', 'pause')]);
          assert.deepEqual(answers, [{ changed: true }, { changed: true }]);
          await until(() => lab.inHand().length === 0);
          const { state, maxConcurrent } = await snapshot('large');
          assert.deepEqual([state, maxConcurrent], ['paused', jobs]);
          assert.deepEqual(await change('large', 'resume'), { changed: true });
          await until(() => lab.inHand().length === jobs);
          lab.release(1);
        }
        lab.most();
        lab.flow(true);
        const { completed, failed } = await lab.ended('large');
        assert.deepEqual([completed, failed], [12, 0]);
        assert.ok(lab.most() <= 3);
        await eachOnce('large', 12);
        const { own, shards } = await runsOf('large');
        assert.ok(own > 1 && shards.length === 3 && Math.max(...shards) > 1, JSON.stringify({ own, shards }));
      },
    );

    test(
      'a sweep whose shards are in training is extended, and what failed in them retried',
      { timeout: 180_000 },
      async () => {
        lab.flow(false);
        lab.fails(({ index }) => index === 1);
        const spec = await lab.start('grown', { repeats: 3, budget: { maxConcurrent: 4 } }, { limits });
        await until(() => lab.inHand().length === 4);
        lab.release(1);
        lab.fails(() => false);
        const more = { ...spec, repeats: 4 };
        const [retried, extended] = [await change('grown', 'retry'), await change('grown', 'extend', more)];
        assert.deepEqual([retried, extended], [{ changed: true }, { changed: true }]);
        lab.flow(true);
        const { total, completed, failed } = await lab.ended('grown');
        assert.deepEqual([total, completed, failed], [12, 12, 0]);
        await eachOnce('grown', 12);
      },
    );

    test(
      'shards of a sweep that was terminated have no say in the one that is started in its place',
      { timeout: 180_000 },
      async () => {
        const given = [{ repeats: 3, budget: { maxConcurrent: 2 } }, { limits: { trials: 4, events: 400 } }] as const;
        lab.flow(false);
        await until(() => Date.now() % 2 ** 16 < 50_000); // a shard's id has the first digits of a run's, which are a time: let both sweeps have the same
        await lab.start('replaced', ...given);
        await until(() => lab.inHand().length === 2);
        await lab.target.client.workflow.getHandle(await rootOf(lab, 'replaced')).terminate();
        await lab.start('replaced', ...given);
        const begun = () =>
          lab.begun.filter(({ sweepId }) => sweepId === 'replaced').map(({ lanes }) => lanes[0]?.index);
        lab.release(2);
        await until(() => begun().length === 4 && lab.inHand().length === 2);
        lab.release(1); // it says that it runs out of trials, and is told to end: the new one begins its last again, and another
        await until(() => begun().length === 6);
        assert.deepEqual([new Set(begun()).size, begun().includes(4)], [5, true]);
        lab.flow(true);
        assert.equal((await lab.ended('replaced')).completed, 9);
        await eachOnce('replaced', 9);
      },
    );

    test('a shard that is told to end as it goes on as new ends', { timeout: 180_000 }, async () => {
      lab.flow(false);
      await lab.start('turning', { repeats: 3, budget: { maxConcurrent: 4 } }, { limits: { trials: 8, events: 24 } });
      await until(() => lab.inHand().length === 4);
      lab.release(1); // its history is long now: it gives the other three two seconds to end
      await until(async () => (await snapshot('turning')).completed === 1);
      await lab.target.client.workflow.getHandle(await rootOf(lab, 'turning')).cancel();
      const { state, completed } = await lab.ended('turning');
      assert.deepEqual([state, completed, lab.inHand()], ['cancelled', 1, []]);
      assert.deepEqual((await runsOf('turning')).shards, [1]);
    });

    test('cancel ends the shards too; started again, the sweep trains what is left', { timeout: 180_000 }, async () => {
      lab.flow(false);
      await lab.start('ended', { repeats: 3, budget: { maxConcurrent: 4 } }, { limits: { ...limits, events: 400 } });
      await until(() => lab.inHand().length === 4);
      lab.release(2);
      await until(() => lab.trained('ended').length === 2 && lab.inHand().length === 4);
      assert.equal(await cancelWorkflow(lab.target, lab.store, 'ended'), 'cancelling');
      assert.equal((await lab.ended('ended')).state, 'cancelled');
      assert.equal(await cancelWorkflow(lab.target, lab.store, 'ended'), 'already');
      assert.deepEqual(lab.inHand(), []);
      lab.flow(true);
      await lab.start('ended', { repeats: 3, budget: { maxConcurrent: 4 } }, { limits: { ...limits, events: 400 } });
      assert.deepEqual([(await lab.ended('ended')).state, (await lab.ended('ended')).completed], ['completed', 9]);
      await eachOnce('ended', 9);
    });

    test('a sweep that only writes its report is not said to be cancelled', { timeout: 180_000 }, async () => {
      lab.reporting(false);
      await lab.start('late');
      const { workflow } = lab.target.client;
      const root = await rootOf(lab, 'late');
      await until(async () => (await workflow.getHandle(root).query<SweepProgress>('progress')).ending);
      assert.equal(await cancelWorkflow(lab.target, lab.store, 'late'), 'ending');
      lab.reporting(true);
      assert.equal((await lab.ended('late')).state, 'completed');
      await workflow.getHandle(root).result();
      await assert.rejects(
        cancelWorkflow(lab.target, lab.store, 'late'),
        refusal(/late is not running \(completed\); nothing to cancel/),
      );
    });
  });
