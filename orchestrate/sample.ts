/** What a trained network writes. Changes nothing. */
import { UserError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { countTrials, plannedTrials } from '../core/plan.ts';
import { isBetter } from '../core/progress.ts';
import type { Metrics, Sample, TrialResult } from '../core/results.ts';
import { meanObjective } from '../core/schedulers/index.ts';
import type { SweepSpec } from '../core/spec.ts';
import { loadBackend, type BackendKind } from '../engine/backends/index.ts';
import { entryOf } from '../models/options.ts';
import { tasks } from '../models/tasks/index.ts';
import type { Task } from '../models/types.ts';
import { chooseBackend } from '../setup/backend.ts';
import type { Store } from '../store/index.ts';
import { readAhead } from '../store/read-ahead.ts';
import { listTrials, readCorpus, readModel, readResult, specOf } from '../store/runs.ts';
import { readSuggestions } from '../store/trials.ts';
import { networkOf } from '../trainer/network/checkpoint.ts';
import { sampleTrial } from '../trainer/network/sample.ts';
import { findTrial } from './find-trial.ts';

export interface SampleRequest {
  /** Left out or empty: the task starts as it will. */
  prompt: string;
  /** Divides the logits; left out: 1, or the likeliest always where the task answers prompts. */
  temperature?: number | undefined;
  /** Always the likeliest. */
  greedy?: boolean | undefined;
  /** Characters at most. */
  length: number;
  /** How many texts. */
  samples: number;
  /** Left out: the trial's own. */
  seed?: number | undefined;
  backend?: BackendKind | undefined;
}

export interface Sampled {
  trialId: string;
  samples: Sample[];
  metrics: Metrics;
  /** The texts are answers, and do not go on from their prompts. */
  answers: boolean;
}

/** Labels are looked for among so many trials: a matter of a second. */
const MOST_LABELS = 20_000;

/** `given`: 'best', the start of a finished trial's id, or its label. */
export async function sampleSweep(
  store: Store,
  sweepId: string,
  given: string,
  request: SampleRequest,
): Promise<Sampled> {
  const { prompt, temperature, length, samples: count, seed, backend } = request;
  const { trialId, trial, status } = await trialOf(store, sweepId, given);
  if (trial.program !== undefined) throw new UserError(`${sweepId} runs a program: there is no network to sample`, 2);
  const task = entryOf<Task>(tasks, 'task', trial.task.name);
  if (!task.writes) throw new UserError(`the task ${task.name} writes no text: there is nothing to sample`, 2);
  if (status === 'diverged')
    throw new UserError(`trial ${trialId} diverged: its weights are no numbers; give another`, 2);
  const model = await readModel(store, sweepId, trialId);
  if (model === undefined) throw new UserError(`${store.url}/${sweepId}/trials/${trialId}: its model.ckpt is missing`);
  const reference = trial.task['corpus'];
  const corpus = typeof reference === 'string' ? await readCorpus(store, sweepId, reference) : undefined;

  await loadBackend((await chooseBackend(backend)).choice);
  const greedy = request.greedy ?? (task.answers === true && temperature === undefined);
  const sampling = {
    prompts: [prompt],
    length: [length],
    samples: count,
    greedy,
    temperature: greedy ? [] : [temperature ?? 1],
  };
  const { samples, metrics } = await sampleTrial({ ...trial, seed: seed ?? trial.seed }, networkOf(model), sampling, {
    corpus,
  });
  return { trialId, samples, metrics: metrics[0]?.metrics ?? {}, answers: task.answers === true };
}

/** The finished trial that a person means: 'best', the start of one trial's id, or its label. */
async function trialOf(store: Store, sweepId: string, given: string): Promise<TrialResult> {
  const spec = await specOf(store, sweepId);
  const ids = await listTrials(store, sweepId);
  const results: TrialResult[] = [];
  for await (const result of readAhead(ids, (id) => readResult(store, sweepId, id)))
    if (result !== undefined) results.push(result);
  if (results.length === 0) throw new UserError(`${sweepId}: no trial has finished yet`, 2);
  if (given === 'best') return bestOf(spec, results);

  const labels = await labelsOf(store, sweepId, spec);
  const named = results.map((result) => ({ trialId: result.trialId, label: labels.get(result.trialId), result }));
  const noSuch = (there: string) => `${sweepId} has no finished trial "${given}"; there is ${there}, or best`;
  return findTrial(named, given, noSuch).result;
}

async function labelsOf(store: Store, sweepId: string, spec: SweepSpec): Promise<Map<string, string>> {
  const suggestions = await readSuggestions(store, sweepId, spec);
  const trials = [...plannedTrials(spec, suggestions, Math.min(countTrials(spec), MOST_LABELS))];
  return new Map(trials.map(({ trialId, label }) => [trialId, label]));
}

/** Of the configuration that is best as a whole, which a repeat without a number rules out, the best repeat. */
function bestOf({ objective: { metric, goal }, repeats }: SweepSpec, results: TrialResult[]): TrialResult {
  const keyOf = ({ trial }: TrialResult) => canonicalJson({ ...trial, seed: null });
  const valueOf = ({ status, metrics }: TrialResult) => (status === 'completed' ? (metrics[metric] ?? null) : null);
  const groups = new Map<string, (number | null)[]>();
  for (const result of results) groups.set(keyOf(result), [...(groups.get(keyOf(result)) ?? []), valueOf(result)]);
  const worth = (result: TrialResult) => {
    const values = groups.get(keyOf(result)) ?? [];
    return values.length < repeats ? null : meanObjective(values);
  };
  const order = (a: number | null, b: number | null) => Number(isBetter(goal, b, a)) - Number(isBetter(goal, a, b));
  const ranked = results.map((result) => ({ result, worth: worth(result), own: valueOf(result) }));
  return ranked.sort((a, b) => order(a.worth, b.worth) || order(a.own, b.own))[0]?.result as TrialResult;
}
