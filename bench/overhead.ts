/**
 * What orchestration costs: how many trials that train nothing pass through a real Temporal server in a second, how
 * long a slot waits between two trials that do train, and how long it takes from `sweep start` to the first training
 * step.
 */
import { moduleFile, typescriptEnvironment, typescriptFlags } from '../trainer/typescript.ts';
import { chooseBackend } from '../setup/backend.ts';
import { run } from '../setup/process.ts';
import { loadNow, ourVersions, thisMachine } from './machine.ts';
import { makeOwnHome } from './own-home.ts';
import { alone, type BenchResult } from './result.ts';
import { median } from './statistics.ts';
import { gaps, timedTrials } from './trials.ts';

export interface OverheadOptions {
  rounds: number;
  /** Of those that train nothing. */
  trials: number;
  slots: number;
  signal?: AbortSignal;
  onProgress(line: string): void;
}

const NOOP = moduleFile('workers/noop.ts', import.meta.url);
/** Jobs in hand at a time: enough to keep the server busy. */
const NOOP_JOBS = 64;
/** Of those that train, a slot: enough for a median. */
const TINY_TRIALS = 25;

/** A trial of milliseconds: with the job around it, next to nothing but overhead. */
const tiny = (repeats: number, seed: number) => ({
  name: 'tiny',
  task: { name: 'palindrome', length: 4 },
  model: { cell: 'rnn', hiddenUnits: 4 },
  training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 4, maxSteps: 5, evaluateEvery: 5, evaluationSize: 4 },
  space: { 'model.cell': ['rnn'] },
  repeats,
  seed,
  report: { figures: [] },
});

/** A trial of one step, of the size that people train. */
const oneStep = (seed: number) => ({
  name: 'one-step',
  task: { name: 'palindrome', length: 10 },
  model: { cell: 'lstm', hiddenUnits: 128 },
  training: {
    optimizer: 'rmsprop',
    learningRate: 0.001,
    batchSize: 128,
    maxSteps: 1,
    evaluateEvery: 1,
    evaluationSize: 128,
  },
  space: { 'model.cell': ['lstm'] },
  repeats: 1,
  seed,
  report: { figures: [] },
});

interface Round {
  perSecond: number;
  gap: number;
  cold: number;
  warm: number;
}

async function measureRound({ trials, slots, signal, onProgress }: OverheadOptions): Promise<Round> {
  const home = await makeOwnHome(signal);
  try {
    onProgress('  from the command to the end of the first step');
    const untilTrained = async (seed: number): Promise<number> => {
      const known = new Set((await timedTrials(home.store)).map(({ result }) => result.trialId));
      const began = Date.now();
      await home.start(oneStep(seed), '--workers', String(slots));
      const trial = (await timedTrials(home.store)).find(({ result }) => !known.has(result.trialId));
      return (Date.parse(trial?.timing.endedAt ?? '') - began) / 1000;
    };
    const cold = await untilTrained(1);
    const warm = await untilTrained(2);

    onProgress('  the slot between two trials');
    await home.start(tiny(TINY_TRIALS * slots, 1), '--workers', String(slots));
    const timings = (await timedTrials(home.store))
      .filter(({ result }) => result.trial.model?.hiddenUnits === 4)
      .map(({ timing }) => timing);
    const gap = median(gaps(timings, slots));

    onProgress('  trials that train nothing');
    const args = [...typescriptFlags, NOOP, String(trials), String(NOOP_JOBS), `${home.folder}/noop`];
    const { code, output } = await run(process.execPath, args, {
      env: { ...home.env, ...typescriptEnvironment },
      signal,
    });
    const line = output.split('\n').findLast((text) => text.startsWith('{"seconds"'));
    if (code !== 0 || line === undefined)
      throw new Error(`the worker without training ended with code ${code}: ${output.trim()}`);
    return { perSecond: trials / (JSON.parse(line) as { seconds: number }).seconds, gap, cold, warm };
  } finally {
    await home.remove();
  }
}

export async function benchOverhead(options: OverheadOptions): Promise<BenchResult> {
  const { rounds, trials, slots, onProgress } = options;
  const at = new Date().toISOString();
  const before = loadNow();
  const { name } = await chooseBackend();
  const all: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    onProgress(`round ${round} of ${rounds}`);
    all.push(await measureRound(options));
  }
  return {
    bench: 'overhead',
    at,
    machine: thisMachine(),
    load: [before, loadNow()],
    versions: { ...ourVersions(), backend: name },
    options: { rounds, trials, slots, jobs: NOOP_JOBS },
    measurements: [
      alone(
        ['trials that train nothing'],
        '/ s',
        all.map(({ perSecond }) => perSecond),
      ),
      alone(
        ['slot time between two trials'],
        'ms',
        all.map(({ gap }) => gap),
      ),
      alone(
        ['from the command to the end of the first step', 'warm'],
        's',
        all.map(({ warm }) => warm),
      ),
      alone(
        ['from the command to the end of the first step', 'cold'],
        's',
        all.map(({ cold }) => cold),
      ),
    ],
    notes: [
      `slot time: the median of ${(TINY_TRIALS - 1) * slots} trials of a few milliseconds, from the end of a trial's last evaluation to the start of the next trial in its slot`,
      'first step: of an LSTM of 128 units, recorded on the way, with the evaluations before and after it; warm: server, worker and trainers run',
    ],
  };
}
