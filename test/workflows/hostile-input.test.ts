/**
 * What a client of its own may send to the server, with a real one and a real worker: what cannot be ends at once, in a
 * line, and no folder has it.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { rootCause } from '@temporalio/common';
import { trainJob, type JobOptions } from '../../trainer/train-job.ts';
import { UserError } from '../../core/errors.ts';
import { shardInputProblem, sweepInputProblem, newsProblem, slotsProblem, type Sender } from '../../core/input.ts';
import { formProblem, trialProblem } from '../../core/form/check.ts';
import { trialAt } from '../../core/plan.ts';
import { queuesOf } from '../../core/queues.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { parseSpec } from '../../sweep-file/index.ts';
import { listSweeps, readOutcome, storeId } from '../../store/runs.ts';
import { MOST_IN_FLIGHT, RUN_LIMITS, type ShardNews, type SweepInput } from '../../workflows/messages.ts';
import { labSpec, newLaboratory, rootOf, type Laboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

let lab: Laboratory;
let id: string;
let input: SweepInput;
let victim: NetworkSweep;
before(async () => {
  lab = await newLaboratory({ slots: 2 });
  id = await storeId(lab.store);
  victim = await lab.start('victim');
  await lab.ended('victim');
  input = {
    sweepId: 'hostile',
    spec: { ...labSpec, name: 'hostile' },
    science: SCIENCE_VERSION,
    trainQueue: queuesOf(id).cpu,
    searchAttributes: false,
    control: { paused: false },
    cache: false,
    ahead: 4,
    lanes: 1,
  };
});
after(() => lab.stop());

let count = 0;
/** Starts a workflow as any client can, and says in which line it failed. */
async function failure(args: unknown[], options: { workflowId?: string; type?: string } = {}): Promise<string> {
  const { workflowId = `hostile-${++count}`, type = 'sweep' } = options;
  const handle = await lab.target.client.workflow.start(type, { workflowId, taskQueue: queuesOf(id).sweep, args });
  try {
    return `completed with ${JSON.stringify(await handle.result())}`;
  } catch (error) {
    assert.ok(error instanceof WorkflowFailedError, String(error));
    return rootCause(error.cause) ?? error.message;
  }
}

const cases: [what: string, changes: () => Record<string, unknown>, line: RegExp][] = [
  [
    'an id that climbs',
    () => ({ sweepId: '../../outside' }),
    /^sweepId is \.\.\/\.\.\/outside; allowed: letters, digits/,
  ],
  ['an absolute id', () => ({ sweepId: '/tmp/outside' }), /^sweepId is \/tmp\/outside; allowed/],
  ["the folder's own file as an id", () => ({ sweepId: '.store.json' }), /^sweepId is \.store\.json; allowed/],
  ['no id', () => ({ sweepId: '' }), /^sweepId is ; allowed/],
  ['an id with a NUL', () => ({ sweepId: 'a\0b' }), /^sweepId is a.b; allowed/],
  ['no spec', () => ({ spec: null }), /^spec: the sweep is null; allowed: an object/],
  [
    'a thousand million repeats',
    () => ({ spec: { ...input.spec, repeats: 1e9 } }),
    /^spec: repeats is 1000000000; allowed/,
  ],
  ['repeats in words', () => ({ spec: { ...input.spec, repeats: 'x' } }), /^spec: repeats is x; allowed/],
  [
    'two hundred thousand units',
    () => ({ spec: { ...input.spec, model: { ...labSpec.model, hiddenUnits: 2e5 } } }),
    /^spec: model\.hiddenUnits is 200000; allowed: a whole number from 1 to 16384/,
  ],
  [
    'a batch of a thousand million',
    () => ({ spec: { ...input.spec, training: { ...labSpec.training, batchSize: 1e9 } } }),
    /^spec: training\.batchSize is 1000000000; allowed/,
  ],
  [
    'a prototype as a path',
    () => ({ spec: { ...input.spec, space: { 'model.constructor.x': { choice: [1] } } } }),
    /^spec: space\["model\.constructor\.x"\] names nothing; allowed/,
  ],
  [
    'a text that climbs',
    () => ({ spec: { ...input.spec, corpora: { book: 'sha256:../../etc/passwd' } } }),
    /^spec: corpora\.book is sha256:.*; allowed: a text by its hash/,
  ],
  ['no way to pause', () => ({ control: null }), /^control is null; allowed: an object/],
  [
    'the queue of others',
    () => ({ trainQueue: 'sweep-of-others' }),
    /^trainQueue is "sweep-of-others"; allowed: train-cpu-/,
  ],
  ['limits that no run can keep', () => ({ limits: { trials: 0, events: -1 } }), /^limits\.trials is 0; allowed/],
  [
    'what a run before has left, where there was none',
    () => ({ carried: { progress: 1 } }),
    /^carried is of a run before, and there is none/,
  ],
];
test('what cannot be is the end of the workflow, in a line', { timeout: 180_000 }, async () => {
  await Promise.all(
    cases.map(async ([what, changes, line], i) => {
      const said = await failure([{ ...input, sweepId: `hostile-${i}`, ...changes() }], {
        workflowId: `hostile-${i}@${id}`,
      });
      assert.match(said, line, what);
      assert.doesNotMatch(said, /\n/);
    }),
  );
});

test(
  "nothing at all, somebody else's name, and a shard without its sweep are refused the same way",
  { timeout: 180_000 },
  async () => {
    assert.match(await failure([]), /^sweepId is undefined; allowed: /);
    assert.match(
      await failure([{ ...input, sweepId: 'victim', spec: victim }]),
      /^sweepId is victim in the workflow "hostile-\d+"; allowed: one whose id is victim@/,
    );
    const shard = { ...input, root: `hostile@${id}`, from: 0, to: 6, slots: 1 };
    assert.match(
      await failure([shard], { type: 'shard', workflowId: `hostile@${id}/0-6` }),
      /^root is hostile@.*, which has not started this shard/,
    );
  },
);

test(
  'a sweep that its folder does not know trains nothing and writes nothing, whatever its name',
  { timeout: 180_000 },
  async () => {
    const outcome = await readOutcome(lab.store, 'victim');
    const trained = lab.count();
    const said = await failure([{ ...input, sweepId: 'victim', spec: { ...victim, description: 'another' } }], {
      workflowId: await rootOf(lab, 'victim'),
    });
    assert.match(
      said,
      /^victim: the runs folder has no sweep of this id and this spec; start it with: sweep start FILE$/,
    );
    assert.match(await failure([input], { workflowId: `hostile@${id}` }), /^hostile: the runs folder has no sweep/);
    assert.deepEqual(await readOutcome(lab.store, 'victim'), outcome);
    assert.equal(lab.count(), trained);
    assert.deepEqual(await listSweeps(lab.store), ['victim']);
    assert.deepEqual(
      (await readdir(lab.store.url)).filter((name) => !name.startsWith('.')),
      ['victim'],
    );
  },
);

test('signals that are no news leave a large sweep and its shards as they are', { timeout: 180_000 }, async () => {
  lab.flow(false);
  await lab.start('large', { repeats: 4 }, { limits: { trials: 4, events: 400 } });
  await until(() => lab.inHand().length === 2);
  const root = lab.target.client.workflow.getHandle(await rootOf(lab, 'large'));
  const { shards } = await root.query<{ shards: string[] }>('progress');
  for (const news of [null, 7, {}, { from: 'x' }, { from: 0, ended: {} }, { from: 0, left: -1 }])
    await root.signal('shard', news as ShardNews);
  for (const slots of [null, 'x', -1, 1.5, {}])
    await lab.target.client.workflow.getHandle(shards[0] ?? '').signal('slots', slots);
  lab.flow(true);
  const { state, completed, total } = await lab.ended('large');
  assert.deepEqual([state, completed, total], ['completed', 12, 12]);
});

test('an input of our own passes, as do news and slots of our own; a trial that no file can ask for does not', () => {
  const sender: Sender = { workflowId: 'a.b-1@0123abcd', continued: false, scheduled: false };
  const own = { ...input, sweepId: 'a.b-1', trainQueue: 'train-gpu-0123abcd' };
  assert.equal(sweepInputProblem(own, sender), undefined);
  const control = { paused: true, maxConcurrent: MOST_IN_FLIGHT, noCache: true };
  assert.equal(
    sweepInputProblem({ ...own, lanes: 'measured', limits: RUN_LIMITS, fresh: true, control }, sender),
    undefined,
  );
  assert.equal(sweepInputProblem({ ...own, carried: {} }, { ...sender, continued: true }), undefined);
  const shard = { ...own, root: 'a.b-1@0123abcd', from: 0, to: 3, slots: 0 };
  const child: Sender = {
    workflowId: 'a.b-1@0123abcd/0-3',
    parent: 'a.b-1@0123abcd',
    continued: false,
    scheduled: false,
  };
  assert.equal(shardInputProblem(shard, child), undefined);
  assert.match(shardInputProblem({ ...shard, to: 0 }, child) ?? '', /^from is 0, and to is 0/);
  assert.match(shardInputProblem({ ...shard, cached: 1 }, child) ?? '', /^cached is of a run before/);
  assert.match(
    sweepInputProblem(own, { ...sender, scheduled: true }) ?? '',
    /^the workflow has a cron schedule; allowed: none/,
  );
  assert.match(sweepInputProblem(null, sender) ?? '', /^the input is null; allowed: an object/);
  assert.match(
    sweepInputProblem({ ...own, sweepId: 'axb-1' }, sender) ?? '',
    /^sweepId is axb-1 in the workflow/,
    'a dot is a dot',
  );
  assert.equal(
    newsProblem({ from: 0, ended: { total: 0, completed: 0, cached: 0, diverged: 0, failed: 0, stopped: 0 } }),
    undefined,
  );
  assert.equal(slotsProblem(64), undefined);
  const { trial } = trialAt(input.spec, 0);
  assert.equal(trialProblem(trial), undefined);
  assert.match(
    trialProblem({ ...trial, model: { ...trial.model, hiddenUnits: 2e5 } }) ?? '',
    /^model\.hiddenUnits is 200000; allowed: a whole number from 1 to 16384$/,
  );
  assert.match(
    trialProblem({ ...trial, training: { ...trial.training, learningRate: 'fast' } }) ?? '',
    /^training\.learningRate is fast; allowed/,
  );
});

test('a trainer refuses a trial that no file can ask for, before it does anything', async () => {
  const lane = trialAt(input.spec as NetworkSweep, 0);
  const trial = { ...lane.trial, model: { ...lane.trial.model, hiddenUnits: 2e5 } };
  const job = { sweepId: 'x', science: SCIENCE_VERSION, toStep: 1, objective: 'accuracy', lanes: [{ ...lane, trial }] };
  await assert.rejects(
    trainJob({ type: 'train', job, store: lab.store.url, attempt: '', attemptNumber: 1, worker: '' }, {} as JobOptions),
    (error: Error) => {
      assert.ok(error instanceof UserError); // tried once
      assert.match(error.message, /^model\.hiddenUnits is 200000; allowed/);
      return true;
    },
  );
});

test('every sweep that ships has the form that a workflow asks for', async () => {
  const folder = new URL('../../sweeps/', import.meta.url);
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.json') && one !== 'sweep.schema.json')) {
    const { pathname } = new URL(name, folder);
    const spec = parseSpec(await readFile(pathname, 'utf8'), { origin: pathname });
    assert.equal(formProblem(JSON.parse(JSON.stringify(spec))), undefined, name);
    assert.equal(trialProblem(JSON.parse(JSON.stringify(trialAt(spec, 0).trial))), undefined, name);
  }
});
