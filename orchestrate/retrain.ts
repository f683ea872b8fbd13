/**
 * Trains trials again, beside what the run folder has of them, and compares bytes: what only trials that are a function
 * of their seed can offer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { originOfTrial } from '../trainer/kinds.ts';
import { createTrainerPool } from '../trainer/pool.ts';
import { UserError } from '../core/errors.ts';
import { hashJson } from '../core/json.ts';
import type { PlannedTrial } from '../core/plan.ts';
import type { SweepSpec } from '../core/spec.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { originOf, type TrainerBackend } from '../setup/backend.ts';
import { openStore, type Store } from '../store/index.ts';
import { trialKey } from '../store/keys.ts';
import { readProgramFile, writeProgramFile } from '../store/programs.ts';
import { claimSweep, differenceFrom, readCorpus, writeCorpus } from '../store/runs.ts';
import { storedTrials } from '../store/trials.ts';

/** All that training decides; timing.json is of the day. */
const COMPARED = ['result.json', 'metrics.csv', 'model.ckpt', 'observations.json', 'samples.json'];

export interface Candidates {
  /** Trials whose bytes this machine can make again, in the order in which they are drawn. */
  drawn: PlannedTrial[];
  /** Why others cannot be made again here, and how many. */
  others: Map<string, number>;
}

/** Every trial with a result, in an order that the seed decides and nobody chose. */
export async function drawTrials(
  store: Store,
  sweepId: string,
  spec: SweepSpec,
  backend: TrainerBackend,
  seed: number,
): Promise<Candidates> {
  const drawn = new Map<string, PlannedTrial>();
  const others = new Map<string, number>();
  for await (const { found, ...trial } of storedTrials(store, sweepId, spec)) {
    if (found === undefined || !('status' in found) || drawn.has(trial.trialId)) continue;
    const difference = differenceFrom(originOfTrial(found.trial, originOf(backend)), found);
    if (difference === undefined) drawn.set(trial.trialId, trial);
    else others.set(difference, (others.get(difference) ?? 0) + 1);
  }
  const places = [...drawn.values()]
    .map((trial) => [hashJson([seed, trial.trialId]), trial] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { drawn: places.map(([, trial]) => trial), others };
}

export interface Retrained {
  trialId: string;
  label: string;
  /** Files that are the same to the last bit, and those that are not. */
  equal: string[];
  differs: string[];
}

export interface RetrainOptions {
  backend: TrainerBackend;
  signal: AbortSignal;
  onWarning?(message: string): void;
}

/**
 * One after the other, from their initial weights, in a folder of its own that is removed again: no result that exists
 * is looked at.
 */
export async function* retrain(
  store: Store,
  sweepId: string,
  spec: SweepSpec,
  trials: readonly PlannedTrial[],
  options: RetrainOptions,
): AsyncGenerator<Retrained> {
  const { backend, signal, onWarning = () => {} } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sweep-retrain-'));
  const scratch = openStore(folder);
  const trainers = createTrainerPool({ backend: JSON.stringify(backend.choice), env: backend.env, onWarning });
  try {
    for (const reference of Object.values(spec.corpora ?? {}))
      await writeCorpus(scratch, sweepId, reference, await readCorpus(store, sweepId, reference));
    if (spec.program !== undefined) {
      for (const hash of Object.values(spec.program.hashes))
        await writeProgramFile(scratch, sweepId, hash, await readProgramFile(store, sweepId, hash));
      await claimSweep(scratch, sweepId, spec); // what is run is what the sweep's folder says
    }
    for (const { configuration: _, ...lane } of trials) {
      const job = {
        sweepId,
        science: SCIENCE_VERSION,
        lanes: [lane],
        toStep: lane.trial.training.maxSteps,
        objective: spec.objective.metric,
        ...(spec.sampling && { sampling: spec.sampling }),
      };
      await trainers.run(
        { job, store: scratch.url, attempt: 'again', attemptNumber: 1, worker: 'verify' },
        { signal, onProgress: () => {} },
      );
      yield { trialId: lane.trialId, label: lane.label, ...(await compared(store, scratch, sweepId, lane.trialId)) };
    }
  } catch (error) {
    if (signal.aborted) throw new UserError('--retrain: interrupted; what was not trained again is not proved');
    throw error;
  } finally {
    await trainers.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compared(
  store: Store,
  scratch: Store,
  sweepId: string,
  trialId: string,
): Promise<Pick<Retrained, 'equal' | 'differs'>> {
  const [equal, differs]: [string[], string[]] = [[], []];
  for (const file of COMPARED) {
    const [there, again] = await Promise.all([store, scratch].map((one) => one.get(trialKey(sweepId, trialId, file))));
    if (there === undefined && (again === undefined || Buffer.from(again).toString() === '[]\n')) continue; // older versions wrote no empty observations
    (there !== undefined && again !== undefined && Buffer.compare(there, again) === 0 ? equal : differs).push(file);
  }
  return { equal, differs };
}
