/**
 * The compiled steps of a network: recording one takes up to seconds, and the trials of a sweep are mostly the same
 * network with other seeds. What is kept for the next trial are functions of tensors alone; nothing of a trial stays in
 * them.
 */
import { keep, valueAndGrads, type Tensor } from '@tensorflow/tfjs-core';
import { programKey } from '../../core/shapes.ts';
import type { NetworkTrial } from '../../core/spec.ts';
import type { Compile } from '../../engine/replay/types.ts';
import { compileNamed, type Named } from '../../engine/named.ts';
import type { Update } from '../../models/problem.ts';
import { listOf, mapTensors, namesOf } from '../../engine/tensors.ts';
import { stream } from '../../models/random.ts';
import type { Problem, Tensors } from '../../models/types.ts';
import { holdingOf, type Holding } from './flat.ts';

/** Weights and optimizer state go in and come out as they are held. */
export interface Program extends Holding {
  /** (weights, optimizer, carried, batch, {rate, step, …constants}) -> (weights', optimizer', carried', {loss}). */
  train: Named;
  /** (weights, batch, carried) -> (metrics). */
  evaluate: Named;
}

export interface Programs {
  /** The trial's steps; `problem` and `update` are the trial's own. */
  take(trial: NetworkTrial, problem: Problem, update: Update): Program;
  /** The trial needs them no more. */
  giveBack(program: Program): void;
}

/** One training step. Pure. */
function trainingStep(problem: Problem, update: Update, holding: Holding) {
  return (held: Tensors, optimizer: Tensors, carried: Tensors, batch: Tensors, numbers: Tensors): Tensors[] => {
    const weights = holding.named(held);
    const names = namesOf(weights);
    const named = (list: Tensor[]): Tensors => Object.fromEntries(names.map((name, i) => [name, list[i] as Tensor]));
    let carriedOn: Tensors = {};
    const { value: loss, grads } = valueAndGrads((...list) => {
      const result = problem.loss(named(list), batch, carried);
      carriedOn = mapTensors(result.carried ?? {}, keep);
      return result.loss;
    })(listOf(weights));
    const gradients = named(grads);
    const clipped = mapTensors(holding.hold(gradients), update.clipping(gradients, numbers));
    const next = update.apply(held, clipped, optimizer, numbers);
    return [next.weights, next.state, carriedOn, { loss }];
  };
}

function programOf(compile: Compile, trial: NetworkTrial, problem: Problem, update: Update): Program {
  const holding = holdingOf(() => problem.init(stream(trial.seed, 'init')), update.elementwise);
  return {
    ...holding,
    train: compileNamed(compile, 'train', trainingStep(problem, update, holding)),
    evaluate: compileNamed(compile, 'evaluate', (weights: Tensors, batch: Tensors, carried: Tensors) => [
      problem.metrics(holding.named(weights), batch, carried),
    ]),
  };
}

function dispose({ train, evaluate }: Program): void {
  train.dispose();
  evaluate.dispose();
}

/** Each trial has its own. */
export function programsOnce(compile: Compile): Programs {
  return { take: (trial, problem, update) => programOf(compile, trial, problem, update), giveBack: dispose };
}

/** The last `most` programs are kept, for trials of the same (core/shapes.ts). Packs of trials come one at a time. */
export function programsKept(compile: Compile, most = 8): Programs {
  const kept = new Map<string, Program>(); // the most recently used last
  return {
    take(trial, problem, update) {
      const key = programKey(trial);
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
