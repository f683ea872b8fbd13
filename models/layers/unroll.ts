/** A stack of recurrent layers over a sequence: what a cell leaves to others. */
import { add, mul, reshape, stack, sub, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { UserError } from '../../core/errors.ts';
import type { ModelSpec } from '../../core/spec.ts';
import { cells } from '../cells/index.ts';
import { entryOf, ownOptions } from '../options.ts';
import type { Stream } from '../random.ts';
import { partsOf, prefixed, stopGradient, within } from '../../engine/tensors.ts';
import type { Cell, Moment, Observed, State, Tensors, Weights } from '../types.ts';

export interface Unrolled {
  /** The top layer's h at each time step, [batch, units] each. */
  outputs: Tensor2D[];
  /** Each layer's state after the last step, from the bottom up. */
  states: State[];
}

export interface RunOptions {
  /**
   * Added to h^(t) where it leaves the cell, a tensor [time, batch, units] for each layer from the bottom up. Zeros
   * change nothing, and their gradient is ∂L/∂h^(t), by every way from h^(t) to the loss.
   */
  taps?: Tensor3D[] | undefined;
  /** [time, batch, 1], of ones and zeros: where 0, the sequence is padded, and the state stays as it is. */
  mask?: Tensor3D | undefined;
}

export interface Network {
  units: number;
  layers: number;
  parameters: number;
  /** Weights under 'layer0.', 'layer1.', … from the bottom up. */
  init(stream: Stream): Weights;
  initialStates(batch: number): State[];
  /**
   * Over inputs [time, batch, inputs]; from the initial states, or going on from the given ones after `elapsed` time
   * steps. Differentiable.
   */
  run(weights: Weights, inputs: Tensor3D, states?: State[], elapsed?: number | Tensor, options?: RunOptions): Unrolled;
  /** What the cells of each layer show of themselves over `steps` time steps. */
  observe(weights: Weights, steps: number, at: Moment): Observed[];
}

function mapState(state: State, f: (x: Tensor2D, name: string) => Tensor2D): State {
  return Object.fromEntries(Object.entries(state).map(([name, x]) => [name, f(x, name)]));
}

/** The next state where the mask [batch, 1] is 1, the one before where it is 0. */
function keptWhere(mask: Tensor2D, next: State, before: State): State {
  return mapState(next, (x, name) => add(mul(x, mask), mul(before[name] as Tensor2D, sub(1, mask))));
}

/**
 * The network of `model.layers` cells of `model.hiddenUnits` units on inputs of `inputs` numbers. With `truncate`,
 * gradients flow back at most that many steps (truncated back-propagation through time): the state is cut off before
 * the last `truncate` steps, and at every `truncate` steps before them.
 */
export function recurrentNetwork(
  model: ModelSpec,
  inputs: number,
  { truncate }: { truncate?: number | undefined } = {},
): Network {
  const cell: Cell = entryOf(cells, 'cell', model.cell);
  const options = ownOptions(cell, model);
  const { hiddenUnits: units, layers } = model;
  const sizes = Array.from({ length: layers }, (_, i) => ({ inputs: i === 0 ? inputs : units, units }));

  interface LayerOptions {
    elapsed: number | Tensor;
    mask: Tensor3D | undefined;
    tap: Tensor3D | undefined;
  }

  function runLayer(
    weights: Weights,
    x: Tensor3D,
    first: State,
    { elapsed, mask, tap }: LayerOptions,
  ): { outputs: Tensor2D[]; state: State } {
    const [time, batch, width] = x.shape;
    const projected = cell.project(weights, reshape(x, [time * batch, width]), options);
    const steps = partsOf<Tensor2D>(reshape(projected, [time, batch, -1]));
    const masks = mask && partsOf<Tensor2D>(mask);
    const taps = tap && partsOf<Tensor2D>(tap);
    let state = first;
    const outputs = steps.map((step, i) => {
      if (truncate !== undefined && i > 0 && (time - i) % truncate === 0) state = mapState(state, stopGradient);
      const t = typeof elapsed === 'number' ? elapsed + i + 1 : add(elapsed, i + 1);
      const next = cell.step(weights, step, state, t, options);
      state = masks ? keptWhere(masks[i] as Tensor2D, next, state) : next;
      if (taps) state = { ...state, h: add(state['h'] as Tensor2D, taps[i] as Tensor2D) };
      return state['h'] as Tensor2D;
    });
    return { outputs, state };
  }

  const initialStates = (batch: number) => sizes.map(() => cell.initialState(batch, units, options));
  return {
    units,
    layers,
    parameters: sizes.reduce((sum, size) => sum + cell.parameters(size, options), 0),
    init: (stream) =>
      Object.assign({}, ...sizes.map((size, i) => prefixed(`layer${i}`, cell.init(size, options, stream)))) as Weights,
    initialStates,
    run(weights, inputs, states = initialStates(inputs.shape[1]), elapsed = 0, { taps, mask } = {}) {
      let x = inputs;
      let outputs: Tensor2D[] = [];
      const last = sizes.map((_, i) => {
        if (i > 0) x = stack(outputs) as Tensor3D;
        const layer = runLayer(within(weights, `layer${i}`), x, states[i] as State, { elapsed, mask, tap: taps?.[i] });
        outputs = layer.outputs;
        return layer.state;
      });
      return { outputs, states: last };
    },
    observe: (weights, steps, at) =>
      sizes.flatMap((_, i) => {
        const seen = cell.observe?.(within(weights, `layer${i}`), options, steps, at);
        return seen ? [{ ...seen, data: { layer: i + 1, ...seen.data } }] : [];
      }),
  };
}

/** States by name: 'layer0.h', 'layer1.h', …: as what is handed from step to step. */
export function layersOf(states: readonly State[]): Tensors {
  return Object.assign({}, ...states.map((state, i) => prefixed(`layer${i}`, state))) as Tensors;
}

/** The inverse of layersOf. */
export function statesOf(layers: Tensors, { layers: count }: Network): State[] {
  return Array.from({ length: count }, (_, i) => within(layers, `layer${i}`) as State);
}

/** Refuses a window of truncated back-propagation that is longer than the sequences it would cut. */
export function checkTruncate(truncate: number | undefined, steps: number): void {
  if (truncate === undefined || truncate <= steps) return;
  throw new UserError(
    `training.truncate is ${truncate}, but the network sees only ${steps} time steps; give at most ${steps} or leave it out`,
    2,
  );
}
