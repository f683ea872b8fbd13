/** `sweep sample`. */
import { UserError } from '../../../core/errors.ts';
import type { BackendKind } from '../../../engine/backends/index.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { sampleSweep } from '../../../orchestrate/sample.ts';
import { openStore } from '../../../store/index.ts';
import { say, sayJson } from '../../ui/output.ts';

export interface SampleOptions {
  prompt: string;
  temperature?: number;
  greedy?: boolean;
  length: number;
  samples: number;
  seed?: number;
  backend?: BackendKind;
  runs: string;
  json?: boolean;
}

export async function sample(givenSweep: string, givenTrial: string, options: SampleOptions): Promise<void> {
  const { runs, json, ...request } = options;
  if (request.greedy && request.temperature !== undefined)
    throw new UserError('--greedy and --temperature exclude each other; give one', 2);
  const store = openStore(runs);
  const sweepId = await findSweep(store, givenSweep);
  const { trialId, samples, metrics, answers } = await sampleSweep(store, sweepId, givenTrial, request);
  if (json) sayJson({ sweepId, trialId, samples, metrics });
  else for (const one of samples) say(answers ? one.text : one.prompt + one.text);
}
