/**
 * A sweep's life with real processes: detached, shared between workers, cancelled and gone on with, seen in Temporal.
 */
import assert from 'node:assert/strict';
import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { openStore } from '../../store/index.ts';
import { listSweeps, listTrials, readOutcome, readResult, readTiming } from '../../store/runs.ts';
import type { NetworkTrial } from '../../core/spec.ts';
import { newMachine, until, type Ended, type Machine } from '../support/machine.ts';

const SPEC = {
  name: 'short',
  task: { name: 'palindrome', length: 8 },
  model: { cell: 'rnn', hiddenUnits: 16 },
  training: {
    optimizer: 'rmsprop',
    learningRate: 0.001,
    batchSize: 16,
    maxSteps: 600,
    evaluateEvery: 100,
    evaluationSize: 64,
  },
  space: { 'training.learningRate': [0.001, 0.003, 0.01, 1e38] },
  repeats: 2,
};

let machine: Machine;
before(async () => {
  machine = await newMachine({ SWEEP_CHECKPOINT_SECONDS: '0.5', SWEEP_LANES: '1' }); // one trial a job, whatever was measured here
});
after(() => machine.stop());

const runs = (name: string) => join(machine.folder, name);
const said = ({ stdout, stderr }: Ended) => stdout + stderr;

async function specFile(name: string, changes: object = {}): Promise<string> {
  const file = join(machine.folder, `${name}.json`);
  await writeFile(file, JSON.stringify({ ...SPEC, ...changes, name }));
  return file;
}

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}` });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('two starts at once run one sweep, and both see it to its end', { timeout: 240_000 }, async () => {
  const file = await specFile('twice');
  const [one, two] = await Promise.all(
    [1, 2].map(() => machine.sweep('start', file, '--id', 'twice', '--runs', runs('twice'))),
  );
  assert.equal(one?.code, 0, one && said(one));
  assert.equal(two?.code, 0, two && said(two));
  const store = openStore(runs('twice'));
  assert.equal((await listTrials(store, 'twice')).length, 8);
  await withClient(async (client) => {
    assert.equal((await client.workflow.count('SweepName = "twice"')).count, 1);
  });
});

test('a trial that diverges is a result with its step, and no failure', async () => {
  const store = openStore(runs('twice'));
  const results = await Promise.all(
    (await listTrials(store, 'twice')).map((trial) => readResult(store, 'twice', trial)),
  );
  const diverged = results.filter((result) => result?.status === 'diverged');
  assert.deepEqual(
    diverged.map((result) => (result?.trial as NetworkTrial).training.learningRate),
    [1e38, 1e38],
  );
  assert.ok(diverged.every((result) => result !== undefined && result.steps > 0 && result.steps < 600));
  const outcome = await readOutcome(store, 'twice');
  assert.deepEqual([outcome?.state, outcome?.completed, outcome?.diverged, outcome?.failed], ['completed', 8, 2, 0]);
});

test('the Temporal UI has search attributes, a summary on every job, and current details', async () => {
  await withClient(async (client) => {
    const [found] = await collect(
      client.workflow.list({ query: 'SweepName = "twice" AND SweepStatus = "completed" AND SweepBest > 0' }),
    );
    assert.ok(found, 'not found by its search attributes');
    const handle = client.workflow.getHandle(found.workflowId);
    assert.match((await (await handle.describe()).staticSummary()) ?? '', /twice: 8 trials/);
    const { events = [] } = await handle.fetchHistory();
    const text = (data: Uint8Array | null | undefined) =>
      JSON.parse(Buffer.from(data ?? []).toString('utf8')) as string;
    const jobs = (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'train',
    );
    assert.equal(jobs.length, 8);
    const summaries = jobs.map((event) => text(event.userMetadata?.summary?.data));
    assert.ok(summaries.includes('learning rate 0.003 seed 2, steps 0–600'), summaries.join('\n'));
    const largest = Math.max(...jobs.map((event) => JSON.stringify(event.activityTaskScheduledEventAttributes).length));
    assert.ok(largest < 8192, `a job's event has ${largest} characters`);
    const { currentDetails = '' } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata'); // as the UI asks for them
    assert.match(
      currentDetails,
      /^\*\*completed\*\* · 8\/8 trials.*\n\nBest trial: accuracy \*\*[\d.]+\*\* \(learning rate \S+ seed [12], `[0-9a-f]+`\)$/,
    );
  });
});

test(
  'a warm worker is used again, and one that has loaded other code or reads other variables is replaced',
  { timeout: 240_000 },
  async () => {
    const file = await specFile('twice');
    const workerAfterStart = async (variables = {}) => {
      const { ended: end } = machine.spawnWith(variables, 'start', file, '--id', 'twice', '--runs', runs('twice'));
      const ended = await end;
      assert.equal(ended.code, 0, said(ended));
      return until(async () => (await machine.worker(runs('twice'))).childPid);
    };
    const warm = await workerAfterStart();
    assert.equal(await workerAfterStart(), warm);
    const record = (await machine.worker(runs('twice'))).log.replace(/log$/, 'json');
    const { meta, ...others } = JSON.parse(await readFile(record, 'utf8')) as { meta: { code: string } };
    assert.match(meta.code, /^[0-9a-f]{20}$/);
    await writeFile(record, JSON.stringify({ ...others, meta: { ...meta, code: 'of before a change' } }));
    const replaced = await workerAfterStart();
    assert.notEqual(replaced, warm);
    assert.notEqual(await workerAfterStart({ ONEDNN_VERBOSE: '0' }), replaced);
  },
);

test(
  'a copy of a runs folder, and one that was moved while its worker is warm, train in their own place',
  { timeout: 240_000 },
  async () => {
    const file = await specFile('twice');
    const wider = async (name: string) => {
      const ended = await machine.sweep('start', file, '--set', 'repeats=3', '--id', 'wider', '--runs', runs(name));
      assert.equal(ended.code, 0, said(ended));
      return (await listTrials(openStore(runs(name)), 'wider')).length;
    };
    await cp(runs('twice'), runs('copied'), { recursive: true });
    assert.equal(await wider('copied'), 12);
    assert.deepEqual(await listSweeps(openStore(runs('twice'))), ['twice']);
    await rename(runs('twice'), runs('moved'));
    assert.equal(await wider('moved'), 12);
    assert.deepEqual(await openStore(runs('twice')).list(''), []);
    await rename(runs('moved'), runs('twice'));
  },
);

test('a sweep that goes on by extend records where it goes on', { timeout: 240_000 }, async () => {
  const provenance = join(runs('twice'), 'twice/provenance.json');
  const startsOf = async () =>
    (JSON.parse(await readFile(provenance, 'utf8')) as { starts: { node: string }[] }).starts;
  const [first] = await startsOf();
  await writeFile(provenance, JSON.stringify({ starts: [{ ...first, node: '20.3.0' }] })); // as if with another Node before
  const extended = await machine.sweep('extend', 'twice', '--set', 'repeats=3', '--runs', runs('twice'));
  assert.equal(extended.code, 0, said(extended));
  assert.deepEqual(
    (await startsOf()).map(({ node }) => node),
    ['20.3.0', process.versions.node],
  );
  const watched = await machine.sweep('watch', 'twice', '--runs', runs('twice'));
  assert.equal(watched.code, 0, said(watched));
  assert.equal((await listTrials(openStore(runs('twice')), 'twice')).length, 12);
});

test('^C detaches: the sweep goes on, and watch sees it to its end', { timeout: 240_000 }, async () => {
  const file = await specFile('detached', {
    space: { 'training.learningRate': [0.001, 0.002] },
    training: { ...SPEC.training, maxSteps: 3000 },
  });
  const started = machine.spawn('start', file, '--id', 'detached', '--runs', runs('detached'));
  await until(() => started.output().includes('Temporal UI'));
  started.process.kill('SIGINT');
  const ended = await started.ended;
  assert.equal(ended.code, 130, said(ended));
  assert.match(ended.stderr, /sweep watch detached/);
  const watched = await machine.sweep('watch', 'detached', '--runs', runs('detached'));
  assert.equal(watched.code, 0, said(watched));
  assert.equal((await listTrials(openStore(runs('detached')), 'detached')).length, 4);
});

test(
  'a second worker, started elsewhere with TEMPORAL_ADDRESS and the same runs folder, takes its share',
  { timeout: 240_000 },
  async () => {
    const file = await specFile('shared', {
      training: { ...SPEC.training, maxSteps: 4000 },
      space: { 'training.learningRate': [0.001, 0.002, 0.003] },
    });
    const second = await newMachine({ TEMPORAL_ADDRESS: `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}` });
    try {
      const started = machine.spawn('start', file, '--id', 'shared', '--runs', runs('shared'), '--workers', '1');
      await until(() => started.output().includes('Temporal UI'));
      const worker = second.spawn('worker', '--slots', '1', '--runs', runs('shared'), '--json');
      const ended = await started.ended;
      assert.equal(ended.code, 0, said(ended));
      worker.process.kill('SIGINT');
      const events = (await worker.ended).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: string; slots?: number; queues?: string[]; stopped?: boolean });
      assert.deepEqual(
        events.map(({ event }) => event).filter((event) => event !== 'warning'),
        ['ready', 'stopping', 'end'],
      );
      assert.deepEqual([events[0]?.slots, events[0]?.queues?.length, events.at(-1)?.stopped], [1, 2, true]);
      const store = openStore(runs('shared'));
      const timings = await Promise.all(
        (await listTrials(store, 'shared')).map((trial) => readTiming(store, 'shared', trial)),
      );
      assert.equal(timings.length, 6);
      assert.equal(new Set(timings.map((timing) => timing?.worker)).size, 2);
    } finally {
      await second.stop();
    }
  },
);

test('cancel keeps what is finished and reports it; start goes on where it was', { timeout: 240_000 }, async () => {
  // One after the other: two trials that end at once, and two that last until the cancellation arrives, however slow
  // the machine.
  const file = await specFile('cancelled', {
    space: { 'training.maxSteps': [100, 40_000] },
    budget: { maxConcurrent: 1 },
  });
  const started = machine.spawn('start', file, '--id', 'cancelled', '--runs', runs('cancelled'));
  await until(() => /completed after/.test(started.output()));
  const cancelled = await machine.sweep('cancel', 'cancelled', '--runs', runs('cancelled'));
  assert.equal(cancelled.code, 0, said(cancelled));
  const ended = await started.ended;
  assert.equal(ended.code, 1, said(ended));
  const store = openStore(runs('cancelled'));
  const outcome = await readOutcome(store, 'cancelled');
  assert.equal(outcome?.state, 'cancelled');
  assert.ok(outcome && outcome.completed >= 1 && outcome.completed < 4, JSON.stringify(outcome));
  assert.match(await readFile(join(runs('cancelled'), 'cancelled/report/results.csv'), 'utf8'), /missing/);

  const again = await machine.sweep('start', file, '--id', 'cancelled', '--runs', runs('cancelled'));
  assert.equal(again.code, 0, said(again));
  assert.equal((await readOutcome(store, 'cancelled'))?.completed, 4);
});

test(
  'a sweep that has used up its wall-clock budget ends cleanly with what it has, and says so',
  { timeout: 120_000 },
  async () => {
    const file = await specFile('budget', {
      training: { ...SPEC.training, maxSteps: 1_000_000 },
      space: { 'training.learningRate': [0.001, 0.002] },
      budget: { wallClock: '5s' },
    });
    const ended = await machine.sweep('start', file, '--id', 'budget', '--runs', runs('budget'));
    assert.equal(ended.code, 0, said(ended));
    assert.match(ended.stdout, /ended by its budget of 5 seconds, with 4 trials untrained/);
  },
);
