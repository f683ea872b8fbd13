/** Lets a trained network write: every prompt, greedily and at every temperature, from one and the same weights. */
import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import { UserError } from '../core/errors.ts';
import type { Checkpoint, Sample, TrialSamples } from '../core/results.ts';
import type { SamplingSpec, TrialSpec } from '../core/spec.ts';
import { problemOf } from './problem.ts';
import { stream } from './random.ts';
import type { Weights } from './types.ts';

function weightsOf({ tensors }: Checkpoint): Weights {
  const prefix = 'weights/';
  const entries = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, { values, shape }]) => [name.slice(prefix.length), tensor(values, shape)]));
}

/**
 * What the network writes; the same request gives the same text. Throws a UserError for a task that writes no text, or a
 * prompt that it cannot read.
 */
export function sampleTrial(trial: TrialSpec, model: Checkpoint, sampling: SamplingSpec, corpus?: string): TrialSamples {
  const { writer } = problemOf(trial, corpus);
  if (writer === undefined) throw new UserError(`the task ${trial.task.name} writes no text: there is nothing to sample`, 2);
  const temperatures = [...(sampling.greedy ? ['greedy' as const] : []), ...sampling.temperature];
  const prompts = sampling.prompts.length > 0 ? sampling.prompts : ['']; // '': the task starts as it will
  const times = Array.from({ length: sampling.samples ?? 1 });
  const requests = temperatures.flatMap((temperature) => sampling.length.flatMap((length) => prompts.flatMap((prompt) =>
    // From a given prompt, the likeliest text is always the same.
    (temperature === 'greedy' && prompt !== '' ? [0] : times).map(() => ({ prompt, length, temperature })))));
  const weights = weightsOf(model);
  const samples = requests.map((request, i): Sample => {
    let text = '';
    tidy(() => { text = writer.write(weights, request, stream(trial.seed, 'sample', i)); });
    return { ...request, text };
  });
  dispose(weights);
  const metrics = temperatures.map((temperature) => {
    const own = samples.filter((sample) => sample.temperature === temperature);
    return { temperature, metrics: writer.metrics(own.map(({ text }) => text), own.map(({ prompt }) => prompt)) };
  });
  return { sampling, samples, metrics };
}
