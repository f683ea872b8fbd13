/**
 * How long a training step takes: operation by operation, replayed as one graph, and in PyTorch and JAX, each in the
 * ways in which it is fast. Each is a process that stays; they take turns, a fraction of a second each, so that
 * whatever else the machine does meets them all. All start from the same weights and see the same batches, and their
 * losses must agree, or it is not the same work.
 */
import { setMaxListeners } from 'node:events';
import { moduleFile, typescriptEnvironment, typescriptFlags } from '../trainer/typescript.ts';
import { instructions } from '../engine/backends/instructions.ts';
import { chooseBackend, originOf } from '../setup/backend.ts';
import { findProgram } from '../setup/process.ts';
import { startLineWorker, type LineWorker } from './line-worker.ts';
import { loadNow, ourVersions, thisMachine } from './machine.ts';
import { sideBySide, type BenchResult, type Measurement } from './result.ts';
import { median } from './statistics.ts';
import {
  CHECKED_STEPS,
  CLIP_NORM,
  LEARNING_RATE,
  type Prepared,
  type PrepareRequest,
  type Ran,
  type RunRequest,
  type StepCase,
  type StepData,
} from './step-messages.ts';

export interface StepOptions {
  cells: string[];
  lengths: number[];
  batches: number[];
  hidden: number[];
  encoding: 'scalar' | 'one-hot';
  /** Numbers of trials that are trained together. */
  lanes: number[];
  rounds: number;
  /** Where PyTorch and JAX are looked for, in this order. */
  pythons: string[];
  /** Which of the others take part. */
  others: Other[];
  clock: 'wall' | 'processor';
  signal?: AbortSignal;
  onProgress(line: string): void;
}

/** How PyTorch and JAX take the step, and whether they can take it for several lanes at once. */
export const OTHERS = {
  pytorch: { command: ['step_torch.py', 'layers'], lanes: false },
  'pytorch-compiled': { command: ['step_torch.py', 'compiled'], lanes: true },
  'jax-scan': { command: ['step_jax.py', 'scan'], lanes: true },
  'jax-unrolled': { command: ['step_jax.py', 'unrolled'], lanes: true },
} as const;
export type Other = keyof typeof OTHERS;

/**
 * Each turn: long enough that a timer's and a cold cache's share is small, short enough that all meet the same machine.
 */
const TURN_MS = 150;
const MOST_STEPS = 60;
/**
 * Losses of the first steps agree to this: RMSProp makes rounding errors of nearly zero gradients as large as a step.
 */
const TOLERANCE = 0.01;

const worker = (file: string) => moduleFile(`workers/${file}`, import.meta.url);

/**
 * One thread each: libraries that ask the environment are told, and where the system can pin a process it has one core.
 * And each is asked to use no instructions that we do not multiply with: ONEDNN_MAX_CPU_ISA=AVX2 is meant for all.
 */
const environmentOfOthers = (): Record<string, string> => ({
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  JAX_PLATFORMS: 'cpu',
  XLA_FLAGS: `--xla_cpu_multi_thread_eigen=false${instructions() === 'avx2' ? ' --xla_cpu_max_isa=AVX2' : ''}`,
  ...(instructions() === 'avx2' && {
    ONEDNN_MAX_CPU_ISA: 'AVX2',
    MKL_ENABLE_INSTRUCTIONS: 'AVX2',
    ATEN_CPU_CAPABILITY: 'avx2',
  }),
});

async function pinning(core: number): Promise<string[]> {
  const taskset = process.platform === 'linux' ? await findProgram('taskset') : undefined;
  return taskset ? [taskset, '-c', String(core)] : [];
}

interface Contestant extends LineWorker {
  ours: boolean;
}

/** Those that can take part, and a line about each that cannot. */
async function startAll({
  lanes,
  pythons,
  others,
  signal,
}: StepOptions): Promise<{ workers: Contestant[]; notes: string[] }> {
  const backend = await chooseBackend();
  if (signal) setMaxListeners(0, signal); // each of them hears of it
  const pin = await pinning(thisMachine().cores - 1);
  const notes =
    pin.length > 0
      ? [`all on one core, number ${thisMachine().cores - 1}`]
      : ['no taskset here: one thread is asked for, but not enforced'];
  const start = async (command: readonly string[], env: Record<string, string>) => {
    const [program = '', ...args] = [...pin, ...command];
    return startLineWorker(program, args, { env, signal });
  };
  const workers: Contestant[] = [];
  try {
    const modes = originOf(backend).replayed
      ? [['eager'], ['replayed'], ...lanes.map((count) => ['replayed', String(count)])]
      : [['eager']];
    if (modes.length === 1)
      notes.push(`on ${backend.name} steps run operation by operation: sweep setup installs what replays them`);
    for (const mode of modes) {
      const args = [process.execPath, ...typescriptFlags, worker('step.ts'), JSON.stringify(backend.choice), ...mode];
      const env = { ...backend.env, ...typescriptEnvironment };
      workers.push({ ...(await start(args, env)), ours: true });
    }
    const theirs = others.flatMap((name) => {
      const { command, lanes: packs } = OTHERS[name];
      return [1, ...(packs ? lanes : [])].map((count) => [...command, String(count)] as const);
    });
    for (const [script, ...args] of theirs) {
      const found = await firstComplete(
        pythons.map((python) => () => start([python, worker(script), ...args], environmentOfOthers())),
      );
      if (typeof found !== 'string') workers.push({ ...found, ours: false });
      else if (!notes.includes(found)) notes.push(found);
    }
  } catch (error) {
    for (const { close } of workers) close();
    throw error;
  }
  return { workers, notes };
}

/** The first that misses nothing; what the last one misses if there is none. */
async function firstComplete(starts: readonly (() => Promise<LineWorker>)[]): Promise<LineWorker | string> {
  let missing = 'no Python: give one with --python';
  for (const start of starts) {
    const found = await start().catch((error: Error) => error.message.split('\n')[0] ?? '');
    if (typeof found === 'string') missing = found;
    else if (found.hello.missing === undefined) return found;
    else {
      missing = `left out, since it is not installed: ${found.hello.missing}`;
      found.close();
    }
  }
  return missing;
}

function checkLosses(name: string, losses: readonly number[], ours: readonly number[]): void {
  const same =
    losses.length === ours.length &&
    losses.every((loss, i) => Math.abs(loss - (ours[i] as number)) <= TOLERANCE * Math.abs(ours[i] as number));
  if (!same)
    throw new Error(
      `${name} does not do the same work: its losses are ${losses.join(', ')}, and not ${ours.join(', ')}`,
    );
}

/** Gets every worker ready for the case; those that cannot do it, with the reason. */
async function prepareAll(
  workers: readonly Contestant[],
  one: StepCase,
): Promise<{ ready: Contestant[]; refused: string[] }> {
  const ready: Contestant[] = [];
  const refused: string[] = [];
  let data: StepData | undefined;
  let ours: number[] | undefined;
  for (const each of workers) {
    const request: PrepareRequest = {
      prepare: true,
      ...one,
      learningRate: LEARNING_RATE,
      clipNorm: CLIP_NORM,
      checkedSteps: CHECKED_STEPS,
      ...(data && { data }),
    };
    const prepared = await each.ask<Prepared>(request).catch((error: Error) => error);
    if (prepared instanceof Error) {
      refused.push(`${each.hello.name}: ${prepared.message}`);
      continue;
    }
    data ??= prepared.data;
    ours ??= prepared.losses;
    checkLosses(each.hello.name, prepared.losses, ours);
    ready.push(each);
  }
  return { ready, refused };
}

async function measure(
  workers: readonly Contestant[],
  one: StepCase,
  { rounds, clock }: StepOptions,
): Promise<{ measurements: Measurement[]; refused: string[] }> {
  const { ready, refused } = await prepareAll(workers, one);
  const run = (each: LineWorker, steps: number) => each.ask<Ran>({ run: steps } satisfies RunRequest);
  const steps = new Map<string, number>();
  for (const each of ready) {
    // also warms them up
    const { wall } = await run(each, CHECKED_STEPS);
    steps.set(each.hello.name, Math.min(MOST_STEPS, Math.max(3, Math.ceil(TURN_MS / median(wall)))));
  }
  const times = new Map(ready.map(({ hello }) => [hello.name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    const turn = ready.map((_, i) => ready[(i + round) % ready.length] as Contestant); // nobody always follows the same one
    for (const each of turn) {
      const { wall, processor } = await run(each, steps.get(each.hello.name) as number);
      times
        .get(each.hello.name)
        ?.push((clock === 'wall' ? median(wall) : processor / wall.length) / (each.hello.lanes ?? 1));
    }
  }
  const of = [one.cell, `T ${one.length}`, `batch ${one.batch}`, `hidden ${one.hidden}`];
  const lanesOf = ({ hello: { lanes = 1 } }: Contestant) => lanes;
  const rivals = new Map(
    ready
      .filter(({ ours, hello: { name } }) => ours && name !== 'eager')
      .map((mine) => {
        const beside = ready.filter((each) => !each.ours && [1, lanesOf(mine)].includes(lanesOf(each)));
        return [mine.hello.name, beside.map(({ hello: { name } }) => name)];
      }),
  );
  return { measurements: sideBySide(of, 'ms', times, 'replayed', rivals), refused };
}

export async function benchStep(options: StepOptions): Promise<BenchResult> {
  const { cells, lengths, batches, hidden, lanes, encoding, rounds, clock, onProgress } = options;
  const at = new Date().toISOString();
  const before = loadNow();
  const { workers, notes } = await startAll(options);
  if (lanes.length > 0) notes.push('packed: the time of a step of all lanes, divided by their number');
  const measurements: Measurement[] = [];
  try {
    for (const cell of cells)
      for (const length of lengths)
        for (const batch of batches)
          for (const units of hidden) {
            const one: StepCase = { cell, length, batch, hidden: units, inputs: encoding === 'scalar' ? 1 : 10 };
            onProgress(`${cell}, T ${length}, batch ${batch}, hidden ${units}`);
            const { measurements: measured, refused } = await measure(workers, one, options);
            measurements.push(...measured);
            notes.push(...refused.filter((line) => !notes.includes(line)));
          }
  } finally {
    for (const { close } of workers) close();
  }
  return {
    bench: 'step',
    at,
    machine: thisMachine(),
    load: [before, loadNow()],
    versions: Object.assign(ourVersions(), ...workers.map(({ hello }) => hello.versions)) as Record<string, string>,
    options: { cells, lengths, batches, hidden, lanes, encoding, rounds, clock },
    measurements,
    notes,
  };
}
