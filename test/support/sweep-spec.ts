import type { Dimension } from '../../core/space/index.ts';
import type { NetworkSweep } from '../../core/spec.ts';

/** A resolved sweep to try things on; what is given replaces what is here. */
export function sweepSpec(space: Record<string, Dimension>, changes: Partial<NetworkSweep> = {}): NetworkSweep {
  return {
    name: 'example',
    description: '',
    task: { name: 'palindrome', length: 10 },
    model: { cell: 'lstm', hiddenUnits: 128, layers: 1 },
    training: {
      optimizer: 'rmsprop',
      learningRate: 0.001,
      batchSize: 128,
      maxSteps: 10_000,
      evaluateEvery: 100,
      evaluationSize: 1024,
    },
    space,
    repeats: 1,
    seed: 1,
    search: { name: 'grid' },
    scheduler: { name: 'full' },
    objective: { metric: 'accuracy', goal: 'maximize' },
    budget: {},
    resources: { accelerator: 'any' },
    report: {},
    ...changes,
  };
}
