/**
 * What `report --verify` finds out after somebody has changed the data and written the report anew: the data must agree
 * with itself.
 */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createTrainerPool } from '../../trainer/pool.ts';
import { plannedTrial, trialAt } from '../../core/plan.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { SCIENCE_VERSION, trialIdIn } from '../../core/trial.ts';
import { drawTrials, retrain, type Retrained } from '../../orchestrate/retrain.ts';
import { checkRun } from '../../reports/check.ts';
import { verifyReport, writeReport } from '../../reports/report.ts';
import { chooseBackend } from '../../setup/backend.ts';
import { encodeCheckpoint } from '../../store/checkpoint.ts';
import { stateOf } from '../../trainer/network/checkpoint.ts';
import { openStore } from '../../store/index.ts';
import { writeOutcome } from '../../store/runs.ts';
import { exampleSpec, writeExampleRun } from '../support/example-run.ts';

const spec: NetworkSweep = {
  ...exampleSpec,
  space: { 'task.length': { choice: [5, 15] } },
  repeats: 2,
  report: { figures: ['accuracy-by-length'] },
};
const [a, b, failed] = [trialAt(spec, 0), trialAt(spec, 2), trialAt(spec, 3)] as const;
let folder: string;
let sweepId: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-verify-'));
  const store = openStore(join(folder, 'whole'));
  sweepId = await writeExampleRun(store, { spec, diverged: -1, failed: 3, observe: ['gradient-flow'] });
  await store.put(`${sweepId}/control.json`, '{ "paused": false }\n');
  await writeOutcome(store, sweepId, { state: 'completed', total: 4, completed: 3, diverged: 0, failed: 1, at: '' });
  await writeReport(store, sweepId);
});
after(() => rm(folder, { recursive: true }));

/** A copy to be tampered with: its store, and the sweep's folder in it. */
async function copied(tamper: (sweep: string) => Promise<unknown>) {
  const runs = await mkdtemp(join(folder, 'copy-'));
  await cp(join(folder, 'whole'), runs, { recursive: true });
  await tamper(join(runs, sweepId));
  return openStore(runs);
}
const trialPath = (sweep: string, file: string, { trialId } = a) => join(sweep, 'trials', trialId, file);
async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}
async function putInto(path: string, file: string): Promise<void> {
  await mkdir(path);
  await writeFile(join(path, file), '[]');
}
async function editResult(sweep: string, change: (result: Record<string, unknown>) => object): Promise<void> {
  await edit(trialPath(sweep, 'result.json'), (text) =>
    JSON.stringify({ ...JSON.parse(text), ...change(JSON.parse(text)) }),
  );
}
const network = (step: number, parameters: number) =>
  encodeCheckpoint(
    {
      step,
      curve: [],
      observations: [],
      state: stateOf({ 'weights/all': { shape: [parameters], values: new Float32Array(parameters) } }),
    },
    { backend: 'tensorflow 2.21.0 cpu', replayed: true },
  );

const cases: [what: string, tamper: (sweep: string) => Promise<unknown>, path: RegExp, problem: RegExp][] = [
  [
    'a forged trial',
    (s) => cp(join(s, 'trials', a.trialId), join(s, 'trials', 'a'.repeat(20)), { recursive: true }),
    /^trials\/a{20}\/$/,
    /^is of no trial of this sweep$/,
  ],
  ['a file among the trials', (s) => writeFile(join(s, 'trials/notes'), ''), /^trials\/notes$/, /no trial/],
  [
    'attempts of a finished trial',
    (s) => mkdir(trialPath(s, 'attempts/x'), { recursive: true }),
    /\/attempts\/$/,
    /^is left over: the trial has its result$/,
  ],
  [
    'a failure of a finished trial',
    (s) => writeFile(trialPath(s, 'failure.json'), '{}'),
    /\/failure\.json$/,
    /left over/,
  ],
  [
    'an unknown file of a trial',
    (s) => writeFile(trialPath(s, 'result (copy).json'), '{}'),
    /\/result \(copy\)\.json$/,
    /is unknown/,
  ],
  [
    "another trial's curve",
    (s) => cp(trialPath(s, 'metrics.csv', b), trialPath(s, 'metrics.csv')),
    /\/metrics\.csv$/,
    /ends at step|metrics/,
  ],
  [
    'a better result',
    (s) => editResult(s, () => ({ metrics: { accuracy: 1, loss: 0 } })),
    /\/metrics\.csv$/,
    /^does not end in the result's metrics$/,
  ],
  [
    "another trial's result under this id",
    (s) => editResult(s, () => ({ trial: b.trial })),
    /\/result\.json$/,
    /^is of another trial: its hash is not the id$/,
  ],
  [
    'a result that names another trial',
    (s) => editResult(s, () => ({ trialId: b.trialId })),
    /\/result\.json$/,
    /^says that it is of trial /,
  ],
  ['no network', (s) => rm(trialPath(s, 'model.ckpt')), /\/model\.ckpt$/, /^is missing$/],
  [
    'a network of garbage',
    (s) => writeFile(trialPath(s, 'model.ckpt'), 'garbage'),
    /\/model\.ckpt$/,
    /^cannot be read: a checkpoint of 7 bytes is cut short$/,
  ],
  [
    "another trial's network",
    (s) => cp(trialPath(s, 'model.ckpt', b), trialPath(s, 'model.ckpt')),
    /\/model\.ckpt$/,
    /came with another curve|is of step/,
  ],
  [
    'a network that came with another curve',
    async (s) => {
      const { steps, parameters } = JSON.parse(await readFile(trialPath(s, 'result.json'), 'utf8')) as {
        steps: number;
        parameters: number;
      };
      await writeFile(trialPath(s, 'model.ckpt'), network(steps, parameters));
    },
    /\/model\.ckpt$/,
    /^came with another curve than the trial has$/,
  ],
  [
    'a network of another size',
    (s) => writeFile(trialPath(s, 'model.ckpt'), network(1, 3)),
    /\/model\.ckpt$/,
    /^has 3 weights, and the trial 72458$/,
  ],
  ['no curve', (s) => rm(trialPath(s, 'metrics.csv')), /\/metrics\.csv$/, /^is missing$/],
  ['no timing', (s) => rm(trialPath(s, 'timing.json')), /\/timing\.json$/, /^is missing$/],
  ['no observations', (s) => rm(trialPath(s, 'observations.json')), /\/observations\.json$/, /^is missing$/],
  [
    'other observations',
    (s) => writeFile(trialPath(s, 'observations.json'), '[]'),
    /\/observations\.json$/,
    /^is not what the network came with$/,
  ],
  [
    'no trial',
    (s) => rm(join(s, 'trials', a.trialId), { recursive: true }),
    /^outcome\.json$/,
    /^says that 3 trials have a result, and 2 of the sweep have one$/,
  ],
  [
    "another trial's failure",
    (s) => edit(trialPath(s, 'failure.json', failed), (text) => text.replace('"length": 15', '"length": 6')),
    /\/failure\.json$/,
    /another trial/,
  ],
  ['an unknown file', (s) => writeFile(join(s, 'notes.txt'), ''), /^notes\.txt$/, /is unknown/],
  [
    'decisions that nobody made',
    (s) => putInto(join(s, 'decisions'), '000000000.json'),
    /^decisions\/0+\.json$/,
    /is unknown/,
  ],
  [
    'a text of another hash',
    (s) => putInto(join(s, 'corpora'), `${'0'.repeat(64)}.txt`),
    /^corpora\//,
    /not the text of this hash/,
  ],
  [
    'a control file of another shape',
    (s) => writeFile(join(s, 'control.json'), '{}'),
    /^control\.json$/,
    /does not say/,
  ],
  [
    'a hidden file in the report',
    (s) => writeFile(join(s, 'report/.hidden.html'), 'x'),
    /^report\/\.hidden\.html$/,
    /hidden file/,
  ],
  [
    'a link in the place of a file',
    async (s) => {
      await cp(join(s, 'report/report.html'), `${s}.html`);
      await rm(join(s, 'report/report.html'));
      await symlink(`${s}.html`, join(s, 'report/report.html'));
    },
    /^report\/report\.html$/,
    /is a link/,
  ],
];

test('an untouched run agrees with itself', async () => {
  assert.deepEqual(await checkRun(openStore(join(folder, 'whole')), sweepId), { results: 3, findings: [] });
});

for (const [what, tamper, path, problem] of cases) {
  test(`${what} is found out by what stands beside it`, async () => {
    const { findings } = await checkRun(await copied(tamper), sweepId);
    assert.ok(
      findings.some((one) => path.test(one.path) && problem.test(one.problem)),
      JSON.stringify(findings, null, 1),
    );
  });
}

test('a report of changed data does not verify, though it was written anew', async () => {
  const store = await copied((s) => editResult(s, () => ({ metrics: { accuracy: 1, loss: 0 } })));
  await writeReport(store, sweepId);
  const { ok, data, report, findings } = await verifyReport(store, sweepId);
  assert.equal(ok, false);
  assert.ok([...data, ...report].every(({ state }) => state === 'equal'));
  assert.equal(findings.length, 1);
});

test('what people have set and what a sweep was before are data of the report', async () => {
  const store = await copied(async (s) => {
    await writeFile(join(s, 'control.json'), '{ "paused": true }');
    await writeFile(join(s, 'extended.json'), '[]');
  });
  const { ok, data } = await verifyReport(store, sweepId);
  assert.equal(ok, false);
  assert.deepEqual(
    data.filter(({ state }) => state !== 'equal'),
    [
      { path: 'control.json', state: 'changed' },
      { path: 'extended.json', state: 'unexpected' },
    ],
  );
});

test('trials of before a sweep was extended, and of an earlier science, belong to it', async () => {
  const store = await copied(async (s) => {
    const path = join(s, 'trials');
    const shorter = { ...a.trial, training: { ...a.trial.training, maxSteps: 1500 } };
    const places = [
      [trialIdIn(SCIENCE_VERSION, shorter), shorter, SCIENCE_VERSION],
      [trialIdIn(3, a.trial), a.trial, 3],
    ] as const;
    for (const [trialId, trial, science] of places) {
      await cp(join(path, a.trialId), join(path, trialId), { recursive: true });
      await edit(join(path, trialId, 'result.json'), (text) =>
        JSON.stringify({ ...JSON.parse(text), trialId, trial, science }),
      );
    }
    const { stopWhen } = a.trial.training;
    await writeFile(join(s, 'extended.json'), JSON.stringify([{ hash: 'x', ends: { maxSteps: 1500, stopWhen } }]));
  });
  assert.deepEqual(await checkRun(store, sweepId), { results: 5, findings: [] });
});

describe('training again', () => {
  const small: NetworkSweep = {
    ...exampleSpec,
    name: 'small',
    space: { 'training.learningRate': { choice: [0.1, 0.01, 0.001] } },
    repeats: 1,
    task: { name: 'palindrome', length: 3 },
    model: { cell: 'rnn', hiddenUnits: 2, layers: 1 },
    training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 2, maxSteps: 3, evaluateEvery: 1, evaluationSize: 4 },
  };
  const signal = new AbortController().signal;
  const lanes = [0, 1, 2].map((i) =>
    plannedTrial(small, { 'training.learningRate': [0.1, 0.01, 0.001][i] as number }, i),
  );

  test('gives the bytes that are there, and names those that somebody changed', { timeout: 120_000 }, async () => {
    const backend = await chooseBackend('cpu');
    const store = openStore(join(folder, 'trained'));
    const trainers = createTrainerPool({
      backend: JSON.stringify(backend.choice),
      env: backend.env,
      onWarning: (message) => assert.fail(message),
    });
    for (const { configuration: _, ...lane } of lanes) {
      const job = { sweepId: 's', science: SCIENCE_VERSION, lanes: [lane], toStep: 3, objective: 'accuracy' };
      await trainers.run(
        { job, store: store.url, attempt: 'one', attemptNumber: 1, worker: 'w' },
        { signal, onProgress() {} },
      );
    }
    await trainers.close();
    const draw = async (seed: number) =>
      (await drawTrials(store, 's', small, backend, seed)).drawn.map(({ trialId }) => trialId);
    assert.deepEqual((await draw(1)).sort(), lanes.map(({ trialId }) => trialId).sort());
    assert.deepEqual(await draw(1), await draw(1));
    const orders = new Set(await Promise.all([1, 2, 3, 4, 5, 6].map(async (seed) => (await draw(seed)).join())));
    assert.ok(orders.size > 1, 'the seed decides which are drawn');
    const elsewhere = await drawTrials(store, 's', small, { ...backend, name: 'another' }, 1);
    assert.deepEqual([elsewhere.drawn, [...elsewhere.others]], [[], [['trained by cpu 4.22.0, not another', 3]]]);

    const [first, second] = lanes.map(({ trialId }) => trialId) as [string, string];
    await edit(join(store.url, 's/trials', second, 'metrics.csv'), (text) => text.replace(/0\.\d/, '0.9'));
    const came: Retrained[] = [];
    for await (const one of retrain(store, 's', small, lanes.slice(0, 2), { backend, signal })) came.push(one);
    const files = ['result.json', 'metrics.csv', 'model.ckpt', 'observations.json'];
    assert.deepEqual(
      came.map(({ trialId, equal, differs }) => ({ trialId, equal, differs })),
      [
        { trialId: first, equal: files, differs: [] },
        { trialId: second, equal: files.filter((file) => file !== 'metrics.csv'), differs: ['metrics.csv'] },
      ],
    );
  });
});
