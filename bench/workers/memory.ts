/**
 * Trains one trial, replayed, as far as it is asked to, and counts what it holds. Started with --expose-gc. Argument:
 * the backend (JSON).
 */
import { createInterface } from 'node:readline';
import { backend, memory } from '@tensorflow/tfjs-core';
import { loadBackend, type BackendChoice } from '../../engine/backends/index.ts';
import { compile } from '../../engine/replay/index.ts';
import { sessions } from '../../engine/replay/onnx/session.ts';
import { nativeBackend } from '../../engine/replay/tensorflow/binding.ts';
import { learnerOf } from '../../trainer/network/learner.ts';
import { programsOnce } from '../../trainer/network/programs.ts';
import type { Held } from '../memory.ts';

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const EVALUATE_EVERY = 100;

const { name } = await loadBackend(JSON.parse(process.argv[2] ?? '') as BackendChoice);
const learner = learnerOf(
  [
    {
      trial: {
        task: { name: 'palindrome', length: 6 },
        model: { cell: 'lstm', hiddenUnits: 32, layers: 1 },
        training: {
          optimizer: 'rmsprop',
          learningRate: 0.001,
          batchSize: 16,
          maxSteps: 1e9,
          evaluateEvery: EVALUATE_EVERY,
          evaluationSize: 16,
          clip: { norm: 10 },
        },
        seed: 1,
      },
    },
  ],
  { programs: programsOnce(compile) },
);
say({ name: 'memory', versions: { backend: name } });

/** What lies below JavaScript: TensorFlow, or WebAssembly, whose tensors the sessions of ONNX Runtime take and give. */
function below(): Pick<Held, 'library' | 'libraryTensors' | 'sessions'> {
  const binding = nativeBackend()?.binding;
  return binding === undefined
    ? { library: 'WebAssembly', libraryTensors: backend().numDataIds(), sessions: sessions.count }
    : { library: 'TensorFlow', libraryTensors: binding.getNumOfTensors(), sessions: binding.getNumOfSavedModels() };
}

let step = 0;
async function train(steps: number): Promise<Held> {
  for (let i = 0; i < steps; i++) {
    if (!learner.advance([++step])[0]) throw new Error(`the loss of step ${step} is not finite`);
    if (step % EVALUATE_EVERY === 0) await learner.evaluate([step], () => Promise.resolve());
  }
  if (!learner.replayed) throw new Error('the steps were not replayed');
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20, tensors: memory().numTensors, ...below() };
}

for await (const line of createInterface(process.stdin)) {
  say(await train((JSON.parse(line) as { run: number }).run).catch((error: Error) => ({ error: error.message })));
}
