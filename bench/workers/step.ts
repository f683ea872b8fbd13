/**
 * Our training step, as a worker of `sweep bench step`: the same programs that train() runs.
 * Arguments: the backend (JSON), how a step runs, 'eager' or 'replayed', and how many lanes take it together.
 */
import { createInterface } from 'node:readline';
import { dispose, scalar, stack, tensor1d, tensor2d, type Tensor } from '@tensorflow/tfjs-core';
import type { NetworkTrial } from '../../core/spec.ts';
import { loadBackend, type BackendChoice } from '../../engine/backends/index.ts';
import { compiler } from '../../engine/replay/index.ts';
import { eager } from '../../engine/named.ts';
import { problemOf, updateOf } from '../../models/problem.ts';
import { programsOnce, type Program } from '../../trainer/network/programs.ts';
import { stream } from '../../models/random.ts';
import { palindromes } from '../../models/tasks/palindrome.ts';
import { disposeAll, mapTensors } from '../../engine/tensors.ts';
import type { Tensors } from '../../models/types.ts';
import {
  BATCHES,
  type Packed,
  type PrepareRequest,
  type Prepared,
  type Ran,
  type RunRequest,
  type StepCase,
  type StepData,
} from '../step-messages.ts';

const [backendJson = '', mode = 'replayed', lanesText = '1'] = process.argv.slice(2);
const lanes = Number(lanesText);
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const packed = (values: Float32Array | Int32Array, shape: readonly number[]): Packed => ({
  shape: [...shape],
  data: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
});

function trialOf(
  { cell, length, batch, hidden, inputs }: StepCase,
  { learningRate, clipNorm }: PrepareRequest,
): NetworkTrial {
  return {
    task: { name: 'palindrome', length: length + 1, encoding: inputs === 1 ? 'scalar' : 'one-hot' }, // the last digit is not read
    model: { cell, hiddenUnits: hidden, layers: 1 },
    training: {
      optimizer: 'rmsprop',
      learningRate,
      batchSize: batch,
      maxSteps: 1,
      evaluateEvery: 1,
      evaluationSize: batch,
      clip: { norm: clipNorm },
    },
    seed: 1,
  };
}

/** Every lane's, all alike, in the place of one's: how long a step takes does not depend on the numbers. */
function forLanes(one: Tensors): Tensors {
  if (lanes === 1) return one;
  const all = mapTensors(one, (x) => stack(Array.from({ length: lanes }, () => x)));
  dispose(one);
  return all;
}

interface Prepare {
  data: StepData;
  step(): number;
  dispose(): void;
}

function prepare(request: PrepareRequest): Prepare {
  const trial = trialOf(request, request);
  const problem = problemOf(trial);
  const update = updateOf(trial);
  let refused: string | undefined;
  const programs = programsOnce(
    mode === 'eager'
      ? eager
      : compiler((line) => {
          refused ??= line;
        }),
  );
  const program: Program = programs.take(trial, problem, update);
  const { length, batch } = request;
  const draws = Array.from({ length: BATCHES }, (_, i) =>
    palindromes(stream(trial.seed, 'bench', i), length + 1, batch),
  );
  const batches = draws.map(
    (digits): Tensors => ({
      digits: tensor2d(digits.subarray(0, length * batch), [length, batch], 'int32'),
      answers: tensor1d(digits.subarray(length * batch), 'int32'),
    }),
  );
  let weights: Tensors = problem.init(stream(trial.seed, 'init'));
  let optimizer: Tensors = update.init(weights);
  const constants = Object.fromEntries(Object.entries(update.constants).map(([key, value]) => [key, scalar(value)]));
  const numbers = { ...constants, rate: scalar(request.learningRate), step: scalar(1) };
  const data: StepData = {
    weights: Object.fromEntries(
      Object.entries(weights).map(([name, x]) => [name, packed(x.dataSync() as Float32Array, x.shape)]),
    ),
    digits: packed(joined(draws.map((digits) => digits.subarray(0, length * batch))), [BATCHES, length, batch]),
    answers: packed(joined(draws.map((digits) => digits.subarray(length * batch))), [BATCHES, batch]),
  };
  weights = forLanes(program.hold(weights));
  optimizer = forLanes(program.hold(optimizer));
  const [given, drawn] = [forLanes(numbers), batches.map(forLanes)];
  let done = 0;
  return {
    data,
    step() {
      const [next = {}, state = {}, , { loss } = {}] = program.train.runLanes(
        lanes,
        weights,
        optimizer,
        {},
        drawn[done++ % BATCHES] as Tensors,
        given,
      );
      if (refused !== undefined) throw new Error(refused);
      const value = (loss as Tensor).dataSync()[0] as number;
      disposeAll(weights, optimizer, { loss: loss as Tensor });
      weights = next;
      optimizer = state;
      return value;
    },
    dispose() {
      disposeAll(weights, optimizer, given, ...drawn);
      programs.giveBack(program);
    },
  };
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

let prepared: Prepare | undefined;

function answer(request: PrepareRequest | RunRequest): Prepared | Ran {
  if ('prepare' in request) {
    prepared?.dispose();
    prepared = prepare(request);
    const { step, data } = prepared;
    return { losses: Array.from({ length: request.checkedSteps }, step), data };
  }
  if (prepared === undefined) throw new Error('nothing is prepared');
  const before = process.cpuUsage();
  const wall = Array.from({ length: request.run }, () => {
    const start = performance.now();
    prepared?.step();
    return performance.now() - start;
  });
  const { user, system } = process.cpuUsage(before);
  return { wall, processor: (user + system) / 1000 };
}

const { name } = await loadBackend(JSON.parse(backendJson) as BackendChoice);
say({
  name: lanes === 1 ? mode : `packed, ${lanes} lanes`,
  lanes,
  versions: { [name.split(' ')[0] as string]: name.split(' ').slice(1).join(' ') },
});
for await (const line of createInterface(process.stdin)) {
  try {
    say(answer(JSON.parse(line) as PrepareRequest | RunRequest));
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) });
  }
}
