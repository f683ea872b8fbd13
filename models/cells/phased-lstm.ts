import {
  abs,
  add,
  clipByValue,
  div,
  fill,
  matMul,
  mod,
  mul,
  relu,
  scalar,
  sub,
  tanh,
  zeros,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { stopGradient } from '../../engine/tensors.ts';
import type { Cell, Weights } from '../types.ts';
import { forgetBias, initLstm, lstmMemory, lstmParameters, plainMemory } from './lstm.ts';
import { units } from './plain.ts';

const options = z.strictObject({
  tau: z.number().min(1).default(10).describe('τ, time steps in a period of the gate'),
  s: z.number().default(0).describe('s, the time step at which a period starts'),
  rOn: z.number().gt(0).max(1).default(0.4).describe('r_on, the share of a period in which the gate is open'),
  phases: z
    .enum(['fixed', 'learned'])
    .default('fixed')
    .describe(
      'fixed: τ, s and r_on as given for all units; learned: every unit trains its own, from the given values on',
    ),
  forgetBias,
});

/**
 * What learned values are kept within: a period below one time step means nothing, and r_on = 0 would never open again.
 */
const TAU: [number, number] = [1, 1e6];
const R_ON: [number, number] = [0.01, 1];

/** Equation (12) in plain numbers: where time step t lies in its period, and how far the gate is open. */
export function phaseAt(
  t: number,
  { tau, s, rOn }: { tau: number; s: number; rOn: number },
): { phi: number; k: number } {
  const phi = ((((t - s) % tau) + tau) % tau) / tau;
  return { phi, k: Math.max(0, 1 - Math.abs((2 * phi) / rOn - 1)) };
}

/** A number as it is shown: 32-bit floats hold no more digits. */
const shown = (x: number) => Number(x.toPrecision(6));

/**
 * The gate over time: φ and k at t = 1, 2, …, and τ, s and r_on. With learned phases, every unit has a gate of its own:
 * then k is their mean, between low and high, the three are means, and φ is that of the mean τ and s.
 */
function gateOver(steps: number, weights: Weights, fixed: { tau: number; s: number; rOn: number }): JsonObject {
  const t = Array.from({ length: steps }, (_, i) => i + 1);
  const numbers = (name: 'tau' | 's' | 'rOn', [low, high] = [-Infinity, Infinity]) =>
    Array.from(weights[name]?.dataSync() ?? [fixed[name]], (x) => Math.min(high, Math.max(low, x)));
  const [tau, s, rOn] = [numbers('tau', TAU), numbers('s'), numbers('rOn', R_ON)];
  const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const means = { tau: mean(tau), s: mean(s), rOn: mean(rOn) };
  const open = t.map((at) =>
    tau.map((period, i) => phaseAt(at, { tau: period, s: s[i] as number, rOn: rOn[i] as number }).k),
  );
  return {
    t,
    phi: t.map((at) => shown(phaseAt(at, means).phi)),
    k: open.map((ks) => shown(mean(ks))),
    tau: shown(means.tau),
    s: shown(means.s),
    rOn: shown(means.rOn),
    ...(weights['tau'] && {
      low: open.map((ks) => shown(Math.min(...ks))),
      high: open.map((ks) => shown(Math.max(...ks))),
    }),
  };
}

/**
 * x within bounds. Its gradient is that of x even outside them (straight-through), so that what training has pushed out
 * can come back: that of clipByValue is zero there, for good.
 */
function bounded(x: Tensor, [low, high]: [number, number]): Tensor {
  return add(x, stopGradient(sub(clipByValue(x, low, high), x)));
}

/** k^(t): one number for all units, or [n] from the learned τ, s and r_on, and then differentiable in them. */
function gateAt(t: number | Tensor, weights: Weights, fixed: { tau: number; s: number; rOn: number }): Tensor {
  if (typeof t === 'number' && weights['tau'] === undefined) return scalar(phaseAt(t, fixed).k);
  const { tau = scalar(fixed.tau), s = scalar(fixed.s), rOn = scalar(fixed.rOn) } = weights;
  const period = bounded(tau, TAU);
  const phi = div(mod(sub(t, s), period), period);
  return relu(sub(1, abs(sub(div(mul(phi, 2), bounded(rOn, R_ON)), 1))));
}

/** k a + (1 − k) b */
const blend = (k: Tensor, a: Tensor2D, b: Tensor2D): Tensor2D => add(mul(a, k), mul(b, sub(1, k)));

/** Equation (12), branch by branch. */
function plainGate(t: number, tau: number, s: number, rOn: number): number {
  const phi = (t - s - tau * Math.floor((t - s) / tau)) / tau;
  if (phi < rOn / 2) return (2 * phi) / rOn;
  return phi < rOn ? 2 - (2 * phi) / rOn : 0;
}

/**
 * LSTM with a gate that opens in the rhythm of time, seed 001 equations (12)–(16) (Neil, Pfeiffer and Liu 2016, without
 * their leak); g, i, f and o as in the LSTM, equations (4)–(7):
 *
 *   φ^(t) = ((t − s) mod τ) / τ        k^(t) = 2φ / r_on       for φ < ½ r_on
 *                                              2 − 2φ / r_on   for ½ r_on ≤ φ < r_on
 *                                              0               otherwise
 *   c̃^(t) = g^(t) ⊙ i^(t) + c^(t−1) ⊙ f^(t)        c^(t) = k^(t) ⊙ c̃^(t) + (1 − k^(t)) ⊙ c^(t−1)
 *   h̃^(t) = tanh(c^(t)) ⊙ o^(t)                    h^(t) = k^(t) ⊙ h̃^(t) + (1 − k^(t)) ⊙ h^(t−1)
 *
 * k is computed as max(0, 1 − |2φ / r_on − 1|), the same function; at φ = ½ r_on, which (12) leaves out, it is 1.
 * Weights as the LSTM's; with learned phases also tau, s and rOn [n], kept within τ ≥ 1 and 0.01 ≤ r_on ≤ 1.
 */
export const phasedLstm: Cell<typeof options> = {
  name: 'phased-lstm',
  summary: 'LSTM whose state changes only while a gate in the rhythm of time is open',
  source: 'seed 001, equations (12)–(16); Neil, Pfeiffer and Liu 2016',
  options,
  init: (size, { forgetBias, phases, tau, s, rOn }, stream) => ({
    ...initLstm(size, forgetBias, stream),
    ...(phases === 'learned' && {
      tau: fill([size.units], tau),
      s: fill([size.units], s),
      rOn: fill([size.units], rOn),
    }),
  }),
  parameters: (size, { phases }) => lstmParameters(size) + (phases === 'learned' ? 3 * size.units : 0),
  project: ({ kernel, bias }, inputs) => add(matMul(inputs, kernel as Tensor2D), bias as Tensor1D),
  initialState: (batch, units) => ({ h: zeros([batch, units]), c: zeros([batch, units]) }),
  step(weights, projected, state, t, fixed) {
    const [h, c] = [state['h'] as Tensor2D, state['c'] as Tensor2D];
    const proposed = lstmMemory(add(projected, matMul(h, weights['recurrent'] as Tensor2D)), c);
    const k = gateAt(t, weights, fixed);
    const memory = blend(k, proposed.c, c);
    return { c: memory, h: blend(k, mul(tanh(memory), proposed.o), h) };
  },
  observe(weights, { phases, ...fixed }, steps, { first, last }) {
    return first || (last && phases === 'learned')
      ? { kind: 'gate', data: gateOver(steps, weights, fixed) }
      : undefined;
  },
  check: {
    variants: [
      { tau: 4, s: 0.7, rOn: 0.6 },
      { tau: 4, s: 0.7, rOn: 0.6, phases: 'learned' },
    ],
    plain(weights, x, { h = [], c = [] }, t, options) {
      const n = h.length;
      const phase = (name: 'tau' | 's' | 'rOn', u: number) => weights[name]?.values[u] ?? options[name];
      const k = units(n, (u) => plainGate(t, phase('tau', u), phase('s', u), phase('rOn', u)));
      const proposed = plainMemory(weights, x, h, c);
      const next = units(n, (u) => k[u]! * proposed.c[u]! + (1 - k[u]!) * c[u]!);
      return { c: next, h: units(n, (u) => k[u]! * Math.tanh(next[u]!) * proposed.o[u]! + (1 - k[u]!) * h[u]!) };
    },
    golden: [2.299575, 2.244167, 2.305252],
  },
};
