/**
 * The same small sweep here and on Ray Tune with PyTorch: 24 trials of the palindrome task, on as many slots, by the
 * clock on the wall. Both start cold: nothing of either runs before, and what each must start is in its time.
 */
import { fileURLToPath } from 'node:url';
import { chooseBackend } from '../setup/backend.ts';
import { run } from '../setup/process.ts';
import { loadNow, ourVersions, thisMachine } from './machine.ts';
import { makeOwnHome } from './own-home.ts';
import { alone, sideBySide, type BenchResult } from './result.ts';
import { timedTrials } from './trials.ts';

export interface SweepOptions {
  steps: number;
  slots: number;
  rounds: number;
  /** Where Ray is looked for, in this order. */
  pythons: string[];
  /** Leave out what is not ours. */
  alone: boolean;
  signal?: AbortSignal;
  onProgress(line: string): void;
}

const SCRIPT = fileURLToPath(new URL('workers/sweep_ray.py', import.meta.url));
/** A Ray that does not come up has been seen to wait forever. */
const RAY_TIMEOUT_MS = 20 * 60_000;

/** What workers/sweep_ray.py trains. */
const spec = (steps: number) => ({
  name: 'bench',
  task: { name: 'palindrome', length: 5, encoding: 'one-hot' },
  model: { cell: 'rnn', hiddenUnits: 128 },
  training: {
    optimizer: 'rmsprop',
    learningRate: 0.001,
    batchSize: 128,
    maxSteps: steps,
    evaluateEvery: 100,
    evaluationSize: 2048,
    clip: { norm: 10 },
  },
  space: { 'model.cell': ['rnn', 'lstm'], 'task.length': [5, 10, 15], 'training.learningRate': [0.001, 0.003] },
  repeats: 2,
});
const TRIALS = 24;

/** Seconds from the command to the last result, and to its end. */
interface Times {
  toResult: number;
  toEnd: number;
}

interface Ours extends Times {
  untilFirstTrial: number;
  training: number;
  accuracy: number;
}

async function ours({ steps, slots, signal }: SweepOptions): Promise<Ours> {
  const home = await makeOwnHome(signal);
  try {
    const began = Date.now();
    const wall = await home.start(spec(steps), '--workers', String(slots));
    const trials = await timedTrials(home.store);
    if (trials.length !== TRIALS) throw new Error(`${trials.length} of ${TRIALS} trials finished`);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return {
      toResult: (Math.max(...trials.map(({ timing }) => Date.parse(timing.endedAt))) - began) / 1000,
      toEnd: wall / 1000,
      untilFirstTrial: (Date.parse(trials[0]?.timing.startedAt ?? '') - began) / 1000,
      training: (mean(trials.map(({ timing }) => timing.seconds)) * TRIALS) / slots,
      accuracy: mean(trials.map(({ result }) => result.metrics['accuracy'] ?? NaN)),
    };
  } finally {
    await home.remove();
  }
}

interface Rays extends Times {
  init: number;
  accuracy: number;
  versions: Record<string, string>;
}

/** What it is missing, as a string. */
async function rays(python: string, { steps, slots, signal }: SweepOptions): Promise<Rays | string> {
  const began = Date.now();
  const { code, output } = await run(python, [SCRIPT, String(steps), String(slots)], {
    signal,
    timeoutMs: RAY_TIMEOUT_MS,
  });
  const toEnd = (Date.now() - began) / 1000;
  const line = output.split('\n').findLast((text) => text.startsWith('{"'));
  if (code !== 0 || line === undefined)
    return `Ray Tune ended with code ${code}: ${output.trim().split('\n').at(-1) ?? ''}`;
  const { missing, trials, errors, sweep, ...said } = JSON.parse(line) as Omit<Rays, keyof Times> & {
    sweep: number;
    missing?: string;
    trials: number;
    errors: number;
  };
  if (missing !== undefined) return `left out, since it is not installed: ${missing}`;
  if (trials !== TRIALS || errors > 0) return `Ray Tune: ${trials} of ${TRIALS} trials, ${errors} failed`;
  return { toResult: said.init + sweep, toEnd, ...said };
}

export async function benchSweep(options: SweepOptions): Promise<BenchResult> {
  const { rounds, steps, slots, onProgress } = options;
  const at = new Date().toISOString();
  const before = loadNow();
  const { name } = await chooseBackend();
  const versions = { ...ourVersions(), backend: name };
  const [here, there]: [Ours[], Rays[]] = [[], []];
  const notes: string[] = [];
  let pythons = options.alone ? [] : [...options.pythons];
  for (let round = 1; round <= rounds; round++) {
    onProgress(`round ${round} of ${rounds}: sweep`);
    here.push(await ours(options));
    while (pythons[0] !== undefined) {
      onProgress(`round ${round} of ${rounds}: Ray Tune and PyTorch`);
      const ray = await rays(pythons[0], options);
      if (typeof ray !== 'string') {
        there.push(ray);
        pythons = [pythons[0]]; // the one that has it
        Object.assign(versions, ray.versions);
        break;
      }
      pythons.shift();
      if (pythons.length === 0) notes.push(ray);
    }
  }
  const both = (time: keyof Times) =>
    new Map([
      ['sweep', here.map((times) => times[time])],
      ...(there.length === rounds ? [['ray tune, pytorch', there.map((times) => times[time])] as const] : []),
    ]);
  const accuracies = (of: { accuracy: number }[]) => of.map(({ accuracy }) => accuracy.toFixed(3)).join(', ');
  notes.push(
    `mean accuracy of the trials, each round: sweep ${accuracies(here)}${there.length > 0 ? `; Ray Tune and PyTorch ${accuracies(there)}` : ''}`,
  );
  return {
    bench: 'sweep',
    at,
    machine: thisMachine(),
    load: [before, loadNow()],
    versions,
    options: { trials: TRIALS, steps, slots, rounds },
    measurements: [
      ...sideBySide(['from the command to the last result'], 's', both('toResult'), 'sweep'),
      ...sideBySide(['from the command to its end'], 's', both('toEnd'), 'sweep'),
      alone(
        ['until the first trial began', 'sweep'],
        's',
        here.map(({ untilFirstTrial }) => untilFirstTrial),
      ),
      ...(there.length > 0
        ? [
            alone(
              ['until it was up', 'ray tune, pytorch'],
              's',
              there.map(({ init }) => init),
            ),
          ]
        : []),
      alone(
        ['training, per slot', 'sweep'],
        's',
        here.map(({ training }) => training),
      ),
    ],
    notes: [
      ...notes,
      "the times include what is started: sweep's server, worker and trainers, Ray's processes; at its end sweep has written a report",
    ],
  };
}
