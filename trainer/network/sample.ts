/** Lets a trained network write: every prompt, greedily and at every temperature, from one and the same weights. */
import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import { UserError } from '../../core/errors.ts';
import type { Sample, TrialSamples } from '../../core/results.ts';
import type { SamplingSpec, NetworkTrial } from '../../core/spec.ts';
import { breather } from './breather.ts';
import type { NetworkCheckpoint } from './checkpoint.ts';
import { problemOf } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import type { Weights } from '../../models/types.ts';

function weightsOf({ tensors }: Pick<NetworkCheckpoint, 'tensors'>): Weights {
  const prefix = 'weights/';
  const entries = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    entries.map(([name, { values, shape }]) => [name.slice(prefix.length), tensor(values, shape)]),
  );
}

export interface SampleOptions {
  /** The text that the task's option `corpus` names. */
  corpus?: string | undefined;
  /** Called while it goes on: texts may be many, or long. */
  onTurn?: () => void;
}

/**
 * What the network writes; the same request gives the same text. Throws a UserError for a task that writes no text, or
 * a prompt that it cannot read.
 */
export async function sampleTrial(
  trial: NetworkTrial,
  model: Pick<NetworkCheckpoint, 'tensors'>,
  sampling: SamplingSpec,
  { corpus, onTurn }: SampleOptions = {},
): Promise<TrialSamples> {
  const { writer } = problemOf(trial, corpus);
  if (writer === undefined)
    throw new UserError(`the task ${trial.task.name} writes no text: there is nothing to sample`, 2);
  const temperatures = [...(sampling.greedy ? ['greedy' as const] : []), ...sampling.temperature];
  const prompts = sampling.prompts.length > 0 ? sampling.prompts : ['']; // '': the task starts as it will
  const times = Array.from({ length: sampling.samples ?? 1 });
  const requests = temperatures.flatMap((temperature) =>
    sampling.length.flatMap((length) =>
      prompts.flatMap((prompt) =>
        // From a given prompt, the likeliest text is always the same.
        (temperature === 'greedy' && prompt !== '' ? [0] : times).map(() => ({ prompt, length, temperature })),
      ),
    ),
  );
  const weights = weightsOf(model);
  const breathe = breather(onTurn);
  const samples: Sample[] = [];
  for (const [i, request] of requests.entries()) {
    let text = '';
    tidy(() => {
      text = writer.write(weights, { ...request, ...(onTurn && { onTurn }) }, stream(trial.seed, 'sample', i));
    });
    samples.push({ ...request, text });
    await breathe();
  }
  dispose(weights);
  const metrics = temperatures.map((temperature) => {
    const own = samples.filter((sample) => sample.temperature === temperature);
    return {
      temperature,
      metrics: writer.metrics(
        own.map(({ text }) => text),
        own.map(({ prompt }) => prompt),
      ),
    };
  });
  return { sampling, samples, metrics };
}
