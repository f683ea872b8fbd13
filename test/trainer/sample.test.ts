/** Writing: the choice of a symbol, what a trained trial writes, and the command that asks for it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { plannedTrial, sweepId, trialAt, type PlannedTrial } from '../../core/plan.ts';
import type { NetworkSweep, NetworkTrial, SamplingSpec } from '../../core/spec.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { stream } from '../../models/random.ts';
import { stateOf, type NetworkCheckpoint } from '../../trainer/network/checkpoint.ts';
import { sampleTrial } from '../../trainer/network/sample.ts';
import { train } from '../../trainer/network/train.ts';
import { choose, softmax } from '../../models/text/write.ts';
import { parseSweep } from '../../sweep-file/index.ts';
import { writeDecisions } from '../../store/decisions.ts';
import { openStore } from '../../store/index.ts';
import { claimSweep, commitTrial, writeCorpus } from '../../store/runs.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

const logits = [0.3, -1.2, 2.1, 0, 1.7, -3];

describe('the choice of a symbol', () => {
  test('softmax at a temperature is that of the logits divided by it', () => {
    for (const temperature of [0.5, 1, 2]) {
      const powers = logits.map((x) => Math.E ** (x / temperature));
      const sum = powers.reduce((a, b) => a + b);
      softmax(logits, temperature).forEach((share, i) => assert.ok(Math.abs(share - powers[i]! / sum) < 1e-12));
    }
    assert.deepEqual(softmax([1000, 0], 1), [1, 0], 'large logits do not overflow');
    assert.deepEqual(softmax([1000, 999], 1e-300), [1, 0]);
  });

  test('towards temperature 0 it is greedy', () => {
    const draws = stream(1, 'choose');
    const random = stream(1, 'logits');
    for (let i = 0; i < 500; i++) {
      const some = Array.from({ length: 20 }, () => random.normal());
      assert.equal(choose(some, 1e-6, draws), choose(some, 'greedy', draws));
      assert.equal(choose(some, 'greedy', draws), some.indexOf(Math.max(...some)));
    }
  });

  for (const temperature of [0.5, 1, 2]) {
    test(`at temperature ${temperature} symbols come as often as the softmax says (chi-square)`, () => {
      const n = 20_000;
      const draws = stream(7, 'chi-square');
      const counts = logits.map(() => 0);
      for (let i = 0; i < n; i++) counts[choose(logits, temperature, draws)]! += 1;
      const shares = softmax(logits, temperature);
      const chi2 = shares.reduce((sum, share, i) => sum + (counts[i]! - n * share) ** 2 / (n * share), 0);
      assert.ok(chi2 < 20.515, `χ² = ${chi2} with 5 degrees of freedom: p < 0.001`);
    });
  }

  test('a higher temperature tells more kinds of symbols from each other less', () => {
    const entropy = (temperature: number) => -softmax(logits, temperature).reduce((sum, p) => sum + p * Math.log(p), 0);
    assert.ok(entropy(0.5) < entropy(1) && entropy(1) < entropy(2) && entropy(2) < Math.log(logits.length));
  });
});

const BOOK = 'The quick brown fox jumps over the lazy dog. '.repeat(20);
const spec = {
  name: 'tiny-text',
  task: { name: 'text', length: 10 },
  model: { cell: 'gru', hiddenUnits: 12, layers: 2 },
  training: {
    optimizer: 'adam',
    learningRate: 0.01,
    batchSize: 8,
    maxSteps: 30,
    evaluateEvery: 10,
    evaluationSize: 16,
  },
  space: { 'task.corpus': ['book.txt'] },
  repeats: 2,
  objective: { metric: 'loss' },
};

async function trained(trial: NetworkTrial, corpus: string): Promise<NetworkCheckpoint> {
  const run = train(trial, { corpus });
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value.checkpoint;
  }
}

describe('a trained network', () => {
  const trial = { ...spec, seed: 3 } as unknown as NetworkTrial;
  let model: NetworkCheckpoint;
  before(async () => {
    model = await trained(trial, BOOK);
  });
  const write = (sampling: SamplingSpec, seed = trial.seed, onTurn?: () => void) =>
    sampleTrial({ ...trial, seed }, model, sampling, { corpus: BOOK, ...(onTurn && { onTurn }) });

  test('writes for every temperature, length and prompt, the same text when asked again, and leaves no tensor behind', async () => {
    const sampling = { temperature: [0.5, 2], length: [5, 40], prompts: ['', 'The '], greedy: true, samples: 2 };
    const tensors = tf.memory().numTensors;
    const { samples, metrics } = await write(sampling);
    assert.equal(tf.memory().numTensors, tensors);
    // Two of each, but for the likeliest after a prompt, of which there is one.
    assert.equal(samples.length, 2 * 2 * 2 * 2 + 2 * (2 + 1));
    for (const { text, length } of samples) assert.equal([...text].length, length);
    assert.deepEqual(
      metrics.map(({ temperature }) => temperature),
      ['greedy', 0.5, 2],
    );
    for (const { metrics: numbers } of metrics) for (const x of Object.values(numbers)) assert.ok(x >= 0 && x <= 1);
    assert.deepEqual(await write(sampling), { sampling, samples, metrics });
    assert.notDeepEqual((await write(sampling, 4)).samples, samples);
  });

  test('writes greedily as it does at a temperature near 0', async () => {
    const of = async (temperature: number[], greedy: boolean) =>
      (await write({ temperature, length: [60], prompts: ['The quick '], greedy })).samples[0]!.text;
    assert.equal(await of([1e-5], false), await of([], true));
  });

  test('goes on beyond what it was trained on in one piece: a long text is as a short one and more', async () => {
    const of = async (length: number) =>
      (await write({ temperature: [], length: [length], prompts: ['The '], greedy: true })).samples[0]!.text;
    const long = await of(1500);
    assert.equal(long.length, 1500);
    assert.ok(long.startsWith(await of(150)));
  });

  test('tells of every character of a long text, and lets others have their turn between texts', async () => {
    let [characters, turns] = [0, 0];
    const turn = setInterval(() => {
      turns++;
    }, 0);
    await write({ temperature: [1], length: [300], prompts: ['The '], greedy: false, samples: 10 }, 1, () => {
      characters++;
    });
    clearInterval(turn);
    assert.ok(characters >= 10 * 300, `told ${characters} times`);
    assert.ok(turns > 0);
  });

  test('names a character of the prompt that it cannot read', async () => {
    await assert.rejects(
      write({ temperature: [1], length: [5], prompts: ['Thé'], greedy: false }),
      /the prompt "Thé" has the character "é" \(U\+00E9\)/,
    );
  });
});

describe('sweep sample', () => {
  const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
  let folder: string;
  let id: string;
  const ids: string[] = [];
  const sample = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [BIN, 'sample', ...args, '--runs', folder, '--backend', 'cpu'],
      { encoding: 'utf8' },
    );
    return { status, stdout, stderr };
  };

  const commit = (
    sweep: string,
    { trialId, trial }: PlannedTrial,
    { tensors, ...seen }: NetworkCheckpoint,
    loss: number,
  ) =>
    commitTrial(openStore(folder), sweep, {
      result: {
        trialId,
        trial,
        science: SCIENCE_VERSION,
        status: 'completed',
        steps: 30,
        metrics: { loss },
        parameters: 1,
        backend: 'cpu',
        replayed: false,
      },
      timing: { seconds: 1, attempts: 1, worker: 'w', startedAt: '', endedAt: '' },
      curve: [],
      model: { ...seen, state: stateOf(tensors) },
    });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sweep-sample-'));
    const store = openStore(folder);
    await store.put('book.txt', BOOK);
    const { spec: resolved, corpora } = parseSweep(JSON.stringify(spec), { origin: join(folder, 'x.json') });
    id = sweepId(resolved);
    await claimSweep(store, id, resolved);
    for (const [reference, text] of corpora) await writeCorpus(store, id, reference, text);
    const model = await trained(trialAt(resolved as NetworkSweep, 0).trial, BOOK);
    for (const index of [0, 1]) {
      const planned = trialAt(resolved, index);
      ids.push(planned.trialId);
      await commit(id, planned, model, 2 - index);
    }
  });
  after(() => rm(folder, { recursive: true }));

  test('prints the prompt and what the network goes on with, the same every time', () => {
    const args = [id, ids[0]!.slice(0, 8), '--prompt', 'The quick ', '--length', '20', '--temperature', '0.5'];
    const { status, stdout, stderr } = sample(...args);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^The quick [^]{20}\n$/);
    assert.equal(sample(...args).stdout, stdout);
    assert.notEqual(sample(...args, '--seed', '99').stdout, stdout);
  });

  test('takes the best trial, or one by its label, and prints JSON', () => {
    const best = JSON.parse(sample('tiny-text', 'best', '--greedy', '--length', '5', '--json').stdout) as Record<
      string,
      never
    >;
    assert.deepEqual([best['sweepId'], best['trialId']], [id, ids[1]]);
    const named = JSON.parse(
      sample('tiny-text', 'book.txt seed 1', '--samples', '3', '--length', '5', '--json').stdout,
    ) as Record<string, { text: string }[]>;
    assert.equal(named['trialId'], ids[0]);
    assert.deepEqual(
      named['samples']!.map(({ text }) => text.length),
      [5, 5, 5],
    );
  });

  for (const [what, args, said] of [
    [
      'a character that is not in the book',
      ['--prompt', 'Ünder'],
      /^error: the prompt "Ünder" has the character "Ü" \(U\+00DC\), which the network never reads; allowed: .*\n$/,
    ],
    [
      'a temperature of 0',
      ['--temperature', '0'],
      /argument '0' is invalid\. Allowed: a number above 0; or --greedy\./,
    ],
    ['a negative temperature', ['--temperature=-1'], /argument '-1' is invalid/],
    [
      'greedy at a temperature',
      ['--greedy', '--temperature', '1'],
      /^error: --greedy and --temperature exclude each other; give one\n$/,
    ],
    ['no length', ['--length', '0'], /argument '0' is invalid\. Allowed: a whole number from 1 to 1000000\./],
  ] as const) {
    test(`refuses ${what}`, () => {
      const { status, stderr, stdout } = sample('tiny-text', 'best', ...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, said);
    });
  }

  test('names a damaged network in one line', async () => {
    const store = openStore(folder);
    const key = `${id}/trials/${ids[0]}/model.ckpt`;
    const bytes = (await store.get(key)) ?? assert.fail('there is no network');
    await store.put(
      key,
      bytes.map((byte, i) => (i === 100 ? byte ^ 4 : byte)),
    );
    const { status, stderr } = sample(id, ids[0]!);
    await store.put(key, bytes);
    assert.equal(status, 1);
    assert.match(stderr, /^error: \S*\/model\.ckpt: a checkpoint whose SHA-256 does not match; remove .*\n$/);
  });

  test('knows the trials of a search that learns by what it has chosen, and not by a plan', async () => {
    const store = openStore(folder);
    const { spec: learning, corpora } = parseSweep(
      JSON.stringify({
        ...spec,
        name: 'learning-text',
        space: { 'task.corpus': ['book.txt'], 'training.learningRate': { logUniform: [1e-3, 1e-1] } },
        search: { name: 'tpe', trials: 4, startup: 2 },
      }),
      { origin: join(folder, 'x.json') },
    );
    const learningId = sweepId(learning);
    await claimSweep(store, learningId, learning);
    for (const [reference, text] of corpora) await writeCorpus(store, learningId, reference, text);
    const suggested = { 'task.corpus': 'book.txt', 'training.learningRate': 0.02 };
    await writeDecisions(store, learningId, 0, [
      {
        assignment: { configuration: 0, rung: 0, toStep: 30 },
        decision: { configuration: 0, rung: 0, action: 'start', reason: 'test', numbers: {} },
        suggested,
      },
    ]);
    const chosen = plannedTrial(learning, suggested, 0);
    await commit(learningId, chosen, await trained(chosen.trial as NetworkTrial, BOOK), 1);

    assert.equal(chosen.label, 'book.txt learning rate 0.02 seed 1');
    const { status, stdout, stderr } = sample('learning-text', chosen.label, '--length', '5', '--json');
    assert.equal(status, 0, stderr);
    assert.equal((JSON.parse(stdout) as { trialId: string }).trialId, chosen.trialId);
    assert.ok(
      sample('learning-text', 'nosuch').stderr.includes(`there is ${chosen.trialId} (${chosen.label}), or best`),
    );
  });

  test('says which trials there are if it is asked for another', () => {
    const { status, stderr } = sample('tiny-text', 'nosuch');
    assert.equal(status, 2);
    assert.match(
      stderr,
      /has no finished trial "nosuch"; there is [0-9a-f]{20} \(book\.txt seed \d\), [0-9a-f]{20} \(book\.txt seed \d\), or best\n$/,
    );
  });
});
