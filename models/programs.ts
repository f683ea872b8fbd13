/**
 * The compiled steps of a network: recording one takes up to seconds, and the trials of a sweep are mostly the same network
 * with other seeds. What is kept for the next trial are functions of tensors alone; nothing of a trial stays in them.
 */
import { keep, valueAndGrads, type Tensor } from '@tensorflow/tfjs-core';
import { canonicalJson } from '../core/json.ts';
import type { TrainingSpec, TrialSpec } from '../core/spec.ts';
import { clipGradients } from './clip.ts';
import type { Compile } from './graph/types.ts';
import { compileNamed, type Named } from './named.ts';
import type { Update } from './problem.ts';
import { listOf, mapTensors, namesOf, tensorOf } from './tensors.ts';
import type { Problem, Tensors, Weights } from './types.ts';

export interface Program {
  /** (weights, optimizer, carried, batch, {rate, step}) -> (weights', optimizer', carried', {loss}). */
  train: Named;
  /** (weights, batch, carried) -> (metrics). */
  evaluate: Named;
}

export interface Programs {
  /** The trial's steps; `problem` and `update` are the trial's own. */
  take(trial: TrialSpec, problem: Problem, update: Update): Program;
  /** The trial needs them no more. */
  giveBack(program: Program): void;
}

/** One training step. Pure. */
function trainingStep(problem: Problem, update: Update, clip: TrainingSpec['clip']) {
  return (weights: Tensors, optimizer: Tensors, carried: Tensors, batch: Tensors, numbers: Tensors): Tensors[] => {
    const names = namesOf(weights);
    const named = (list: Tensor[]): Tensors => Object.fromEntries(names.map((name, i) => [name, list[i] as Tensor]));
    let carriedOn: Tensors = {};
    const { value: loss, grads } = valueAndGrads((...list) => {
      const result = problem.loss(named(list), batch, carried);
      carriedOn = mapTensors(result.carried ?? {}, keep);
      return result.loss;
    })(listOf(weights));
    const gradients = clipGradients(named(grads), clip);
    const next = update.apply(weights, gradients, optimizer, tensorOf(numbers, 'rate'), tensorOf(numbers, 'step'));
    return [next.weights, next.state, carriedOn, { loss }];
  };
}

const programOf = (compile: Compile, trial: TrialSpec, problem: Problem, update: Update): Program => ({
  train: compileNamed(compile, 'train', trainingStep(problem, update, trial.training.clip)),
  evaluate: compileNamed(compile, 'evaluate', (weights: Weights, batch: Tensors, carried: Tensors) => [problem.metrics(weights, batch, carried)]),
});

function dispose({ train, evaluate }: Program): void {
  train.dispose();
  evaluate.dispose();
}

/** Each trial has its own. */
export function programsOnce(compile: Compile): Programs {
  return { take: (trial, problem, update) => programOf(compile, trial, problem, update), giveBack: dispose };
}

/** The last `most` programs are kept, for trials that differ in seed, learning rate or stopping alone. Trials come one at a time. */
export function programsKept(compile: Compile, most = 8): Programs {
  const kept = new Map<string, Program>(); // the most recently used last
  return {
    take(trial, problem, update) {
      const { learningRate: _rate, decay: _decay, stopWhen: _stop, ...training } = trial.training;
      const key = canonicalJson({ task: trial.task, model: trial.model, training });
      const program = kept.get(key) ?? programOf(compile, trial, problem, update);
      kept.delete(key);
      kept.set(key, program);
      return program;
    },
    giveBack() {
      for (const [key, program] of kept) {
        if (kept.size <= most) return;
        kept.delete(key);
        dispose(program);
      }
    },
  };
}
