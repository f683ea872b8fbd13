import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { NetworkTrial } from '../../core/spec.ts';
import { compile } from '../../engine/replay/index.ts';
import type { Compile } from '../../engine/replay/types.ts';
import { programsKept } from '../../trainer/network/programs.ts';
import { train, type TrainOptions } from '../../trainer/network/train.ts';
import { useBackend } from '../support/backend.ts';

before(() => useBackend());

const trial = (seed: number, learningRate: number, hiddenUnits = 8): NetworkTrial => ({
  task: { name: 'palindrome', length: 6 },
  model: { cell: 'lstm', hiddenUnits, layers: 1 },
  training: { optimizer: 'adam', learningRate, batchSize: 8, maxSteps: 12, evaluateEvery: 6, evaluationSize: 40 },
  seed,
});

async function trained(spec: NetworkTrial, options: TrainOptions) {
  const training = train(spec, options);
  let step = await training.next();
  while (!step.done) step = await training.next();
  return step.value;
}

test('trials that share compiled steps give the same bits as each on its own', async () => {
  const programs = programsKept(compile);
  for (const spec of [trial(1, 0.01), trial(2, 0.01), trial(1, 0.05), trial(1, 0.01, 12), trial(2, 0.01)]) {
    assert.deepEqual(await trained(spec, { programs }), await trained(spec, { compile }));
  }
});

test('steps are compiled once for trials of one network, and those not used for longest are let go', async () => {
  const made: string[] = [];
  let open = 0;
  const counted: Compile = (step, name) => {
    made.push(name);
    open++;
    const compiled = compile(step, name);
    return {
      ...compiled,
      get replayed() {
        return compiled.replayed;
      },
      dispose() {
        open--;
        compiled.dispose();
      },
    };
  };
  const programs = programsKept(counted, 2);
  for (const spec of [trial(1, 0.01), trial(2, 0.03), trial(3, 0.01)]) await trained(spec, { programs });
  assert.deepEqual(made, ['train', 'evaluate']);
  for (const units of [3, 4, 5]) await trained(trial(1, 0.01, units), { programs });
  assert.equal(made.length, 8);
  assert.equal(open, 4);
});
