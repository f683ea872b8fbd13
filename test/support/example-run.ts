/**
 * A synthetic run folder for tests: rnn against lstm, lengths 5 to 35, three repeats, learning curves of a plausible
 * shape
 * (the numbers are invented; MEASURED.md has real ones). One trial diverged, one failed; nothing random in it.
 */
import { hashJson } from '../../core/json.ts';
import { countTrials, trialAt, type PlannedTrial } from '../../core/plan.ts';
import type { CurvePoint, Observation, ObservationKind, TrialResult, TrialSamples } from '../../core/results.ts';
import type { NetworkSweep, SamplingSpec, SweepSpec } from '../../core/spec.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import type { ReportInput } from '../../reports/types.ts';
import type { Provenance } from '../../reports/types.ts';
import { buildReport } from '../../reports/report.ts';
import { encodeCheckpoint } from '../../store/checkpoint.ts';
import { stateOf } from '../../trainer/network/checkpoint.ts';
import { encodeCurve } from '../../store/curve.ts';
import type { Store } from '../../store/types.ts';

export const exampleSpec: NetworkSweep = {
  name: 'rnn-vs-lstm',
  description: 'How far back can an RNN and an LSTM remember?',
  task: { name: 'palindrome', length: 10, encoding: 'one-hot' },
  model: { cell: 'lstm', hiddenUnits: 128, layers: 1 },
  training: {
    optimizer: 'rmsprop',
    learningRate: 0.001,
    batchSize: 128,
    maxSteps: 3000,
    evaluateEvery: 100,
    evaluationSize: 1000,
    clip: { norm: 10 },
    stopWhen: { metric: 'accuracy', atLeast: 0.99, evaluations: 3 },
  },
  space: { 'model.cell': { choice: ['rnn', 'lstm'] }, 'task.length': { from: 5, to: 35, step: 5 } },
  repeats: 3,
  seed: 1,
  search: { name: 'grid' },
  scheduler: { name: 'full' },
  objective: { metric: 'accuracy', goal: 'maximize' },
  budget: {},
  resources: { accelerator: 'any' },
  report: {},
};

export const exampleProvenance: Provenance = {
  at: '2026-11-20T10:00:00.000Z',
  version: '0.1.0',
  science: 1,
  git: { commit: '0123456789abcdef0123456789abcdef01234567', dirty: false },
  lockfile: 'f'.repeat(64),
  backend: 'tensorflow 2.21.0 cpu',
  node: '20.20.2',
  packages: { vega: '6.4.0' },
  machine: { os: 'linux 6.1 x64', cpu: 'Example CPU', cores: 2, memoryGiB: 8, gpus: [] },
};

export function exampleSweepId(spec: SweepSpec): string {
  return `${spec.name}-${hashJson(spec).slice(0, 8)}`;
}

/** A number in [0, 1) from anything. */
const noise = (...parts: (string | number)[]) => Number.parseInt(hashJson(parts).slice(0, 8), 16) / 2 ** 32;
const rounded = (x: number) => Number(x.toPrecision(6));

/**
 * Accuracy climbs from chance (0.1) to a plateau along a sigmoid; harder and slower with length, hardest for the RNN.
 */
function curveOf({ trialId, trial }: PlannedTrial): CurvePoint[] {
  const length = Number(trial.task?.['length'] ?? 10);
  const lstm = trial.model?.cell !== 'rnn';
  const luck = noise(trialId, 'luck');
  const plateau = lstm ? 1 : 1 / (1 + Math.exp((length - 12 - 14 * luck) / 1.6));
  const halfway = (lstm ? 60 : 90) * (length / 5) ** 1.5 * (0.7 + 0.6 * luck);
  const curve: CurvePoint[] = [];
  let solved = 0;
  for (let step = 100; step <= trial.training.maxSteps && solved < 3; step += 100) {
    const learned = plateau / (1 + Math.exp(-(step - halfway) / (halfway / 5)));
    const accuracy = Math.min(
      1,
      Math.max(
        0,
        Math.round(1000 * (0.1 + 0.9 * learned + 0.03 * (noise(trialId, step) - 0.5) * (1 - learned))) / 1000,
      ),
    );
    curve.push({
      step,
      metrics: { accuracy, loss: rounded(2.303 * (1 - learned) ** 1.3 + 0.02 * noise(step, trialId) + 0.004) },
    });
    solved = accuracy >= 0.99 ? solved + 1 : 0;
  }
  return curve;
}

/** Where each attention weight sits: mostly on the input with the output's place, more so the more it has learned. */
function attentionOver(input: string[], output: string[]): number[][] {
  return output.map((_, i) => {
    const scores = input.map((_, j) => Math.exp(-((j - i - 1) ** 2) / 1.5) + 0.03 * noise(i, j));
    const sum = scores.reduce((a, b) => a + b, 0);
    return scores.map((score) => rounded(score / sum));
  });
}

/**
 * The gradient shrinks by a factor a step on its way back from the last one: by less in an LSTM, and once it is
 * trained.
 */
function flowOf({ trial, trialId }: PlannedTrial, last: boolean) {
  const length = Number(trial.task?.['length'] ?? 10);
  const factor = (trial.model?.cell === 'rnn' ? 0.55 : 0.85) + (last ? 0.12 : 0) + 0.02 * noise(trialId);
  const layer = (scale: number) =>
    Array.from({ length: length - 1 }, (_, i) => rounded(scale * factor ** (length - 2 - i)));
  return {
    layers: Array.from({ length: trial.model?.layers ?? 1 }, (_, i) => layer(0.1 / (i + 1))),
    norm: rounded(last ? 0.2 : 1.1),
  };
}

/** Seed 002, table 1: τ = 10, s = 3, r_on = 0.4. */
function gateOf({ trial }: PlannedTrial) {
  const [tau, s, rOn] = [Number(trial.model?.['tau'] ?? 10), 3, Number(trial.model?.['rOn'] ?? 0.4)];
  const t = Array.from({ length: Number(trial.task?.['length'] ?? 13) }, (_, i) => i + 1);
  const phi = t.map((at) => rounded(((at - s + tau) % tau) / tau));
  return { layer: 1, t, phi, k: phi.map((x) => rounded(Math.max(0, 1 - Math.abs((2 * x) / rOn - 1)))), tau, s, rOn };
}

const babble = ['the', 'king', 'the', 'whale', 'and', 'said', 'ship', 'of', 'sea', 'a', 'I', 'will', 'not', 'cat'];
const written = (length: number, ...parts: (string | number)[]) =>
  Array.from({ length }, (_, i) => babble[Math.floor(babble.length * noise(i, ...parts))])
    .join(' ')
    .slice(0, length);

function observationsOf(planned: PlannedTrial, curve: CurvePoint[], kinds: readonly ObservationKind[]): Observation[] {
  const input = ['<U>', ...'I am a cat'];
  const output = [...'I AM A CAT'];
  return curve.flatMap(({ step }, i) => {
    const ends = i === 0 || i === curve.length - 1;
    const seen: Partial<Record<ObservationKind, Observation['data']>> = {
      ...(i % Math.ceil(curve.length / 4) === 0 || ends
        ? { samples: { texts: [written(30, planned.trialId, step)] } }
        : {}),
      ...(ends ? { 'gradient-flow': flowOf(planned, i > 0), gate: gateOf(planned) } : {}),
      ...(i === curve.length - 1 ? { attention: { input, output, weights: attentionOver(input, output) } } : {}),
    };
    return kinds.flatMap((kind) => (seen[kind] === undefined ? [] : [{ step, kind, data: seen[kind] }]));
  });
}

function samplesOf({ trialId }: PlannedTrial, sampling: SamplingSpec): TrialSamples {
  const temperatures = [...(sampling.greedy ? ['greedy' as const] : []), ...sampling.temperature];
  const asked = temperatures.flatMap((temperature) =>
    sampling.length.flatMap((length) => sampling.prompts.map((prompt) => ({ prompt, length, temperature }))),
  );
  return {
    sampling,
    samples: asked.map((request) => ({
      ...request,
      text: written(request.length, trialId, request.temperature, request.prompt),
    })),
    metrics: temperatures.map((temperature) => ({
      temperature,
      metrics: {
        distinct2: rounded(noise(trialId, temperature)),
        knownWords: rounded(1 - 0.4 * noise(temperature, trialId)),
      },
    })),
  };
}

export interface ExampleOptions {
  spec?: SweepSpec;
  /** Index of the trial that diverges, fails, or has not run yet. */
  diverged?: number;
  failed?: number;
  missing?: number[];
  /** What is seen of every network at the first and the last point of its curve; samples at five points. */
  observe?: ObservationKind[];
  /** Metrics beside accuracy and loss; each is the square of the accuracy. */
  metrics?: string[];
  /** Every network writes, as spec.sampling says. */
  writes?: boolean;
  /** The order in which trials finish: a permutation of their indices. */
  order?: (count: number) => number[];
}

/** Writes the run folder; returns the sweep's id. */
export async function writeExampleRun(store: Store, options: ExampleOptions = {}): Promise<string> {
  const {
    spec = exampleSpec,
    diverged = 13,
    failed = 20,
    missing = [],
    observe = [],
    writes = false,
    metrics = [],
    order,
  } = options;
  const sweepId = exampleSweepId(spec);
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  await store.put(`${sweepId}/sweep.json`, json(spec));
  await store.put(`${sweepId}/provenance.json`, json({ starts: [exampleProvenance] }));
  const indices = order?.(countTrials(spec)) ?? Array.from({ length: countTrials(spec) }, (_, i) => i);
  for (const index of indices) {
    if (missing.includes(index)) continue;
    const planned = trialAt(spec, index);
    const { trialId, trial } = planned;
    const put = (file: string, content: string | Uint8Array) =>
      store.put(`${sweepId}/trials/${trialId}/${file}`, content);
    if (index === failed) {
      await put(
        'failure.json',
        json({ trialId, trial, message: 'the trainer was killed (SIGKILL) 5 times', at: '2026-11-20T10:05:00.000Z' }),
      );
      continue;
    }
    const whole = curveOf(planned).map(({ step, metrics: known }) => {
      const more = metrics.map((name) => [name, rounded((known['accuracy'] ?? 0) ** 2)] as const);
      return { step, metrics: { ...known, ...Object.fromEntries(more) } };
    });
    const curve = index === diverged ? whole.slice(0, 4) : whole;
    const last = curve.at(-1) as CurvePoint;
    const parameters = trial.model?.cell === 'rnn' ? 19082 : 72458;
    const result: TrialResult = {
      trialId,
      trial,
      science: SCIENCE_VERSION,
      status: index === diverged ? 'diverged' : 'completed',
      steps: index === diverged ? last.step + 37 : last.step,
      metrics: last.metrics,
      parameters,
      backend: 'tensorflow 2.21.0 cpu',
      replayed: true,
    };
    const seconds = rounded(
      last.step * (trial.model?.cell === 'rnn' ? 0.0003 : 0.0009) * Number(trial.task?.['length'] ?? 10),
    );
    const started = Date.UTC(2026, 10, 20, 10, 0, index * 7);
    await put(
      'timing.json',
      json({
        seconds,
        attempts: index === 5 ? 2 : 1,
        worker: 'train-cpu@example',
        startedAt: new Date(started).toISOString(),
        endedAt: new Date(started + seconds * 1000).toISOString(),
      }),
    );
    await put('metrics.csv', encodeCurve(curve));
    const observations = observationsOf(planned, curve, observe);
    if (observe.length > 0) await put('observations.json', json(observations));
    const state = stateOf({ 'weights/all': { shape: [parameters], values: new Float32Array(parameters) } });
    await put('model.ckpt', encodeCheckpoint({ step: result.steps, curve, observations, state }, result));
    if (writes && spec.sampling !== undefined) await put('samples.json', json(samplesOf(planned, spec.sampling)));
    await put('result.json', json(result));
  }
  return sweepId;
}

/** All that comes, in its order. */
export async function pieces(content: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const piece of content) all.push(piece);
  return all;
}

/** The report's files, none of them in pieces. */
export async function builtReport(input: ReportInput): Promise<Map<string, string | Uint8Array>> {
  const whole = new Map<string, string | Uint8Array>();
  for (const [path, content] of await buildReport(input)) {
    whole.set(
      path,
      typeof content === 'string' || content instanceof Uint8Array ? content : (await pieces(content)).join(''),
    );
  }
  return whole;
}

/** A store that forgets: as a folder, without waiting for disks. */
export function memoryStore(): Store {
  const files = new Map<string, Uint8Array>();
  const bytesOf = (content: Uint8Array | string) => (typeof content === 'string' ? Buffer.from(content) : content);
  const inside = (prefix: string) =>
    [...files.keys()].filter((key) => prefix === '' || key.startsWith(`${prefix.replace(/\/+$/, '')}/`));
  return {
    url: 'memory',
    describe: (key) => key,
    get: async (key) => files.get(key),
    put: async (key, content) => {
      files.set(
        key,
        typeof content === 'string' || content instanceof Uint8Array
          ? bytesOf(content)
          : Buffer.from((await pieces(content)).join('')),
      );
    },
    putNew: async (key, content) => !files.has(key) && files.set(key, bytesOf(content)) !== undefined,
    async list(prefix) {
      const start = prefix.replace(/\/+$/, '').length + (prefix === '' ? 0 : 1);
      const names = inside(prefix)
        .map((key) => key.slice(start))
        .map((rest) => (rest.includes('/') ? rest.slice(0, rest.indexOf('/') + 1) : rest));
      return [...new Set(names)].sort();
    },
    remove: async (prefix) => {
      for (const key of [prefix, ...inside(prefix)]) files.delete(key);
    },
  };
}
