/** Attention: an output looks at all inputs, and not only at what the last state has kept of them. */
import {
  add,
  concat,
  matMul,
  mul,
  reshape,
  softmax,
  sub,
  tanh,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { glorot } from '../initial.ts';
import type { Stream } from '../random.ts';
import { tensorOf } from '../../engine/tensors.ts';
import type { Weights } from '../types.ts';

export const attentionKinds = ['dot', 'additive'] as const;
export type AttentionKind = (typeof attentionKinds)[number];

/** Far below any score, and yet a number: e^(−10⁹) is 0. */
const NEVER = 1e9;

export interface Attention {
  parameters: number;
  init(stream: Stream): Weights;
  /**
   * Decoder states s [batch, outputs, units] look at encoder states h [batch, inputs, units], where the mask [batch,
   * inputs] is 1: the attended states s̃, of the shape of s, and the weights α [batch, outputs, inputs], whose rows sum
   * to 1.
   */
  attend(weights: Weights, s: Tensor3D, h: Tensor3D, mask: Tensor2D): { attended: Tensor3D; alpha: Tensor3D };
}

/** x W for rows x in the last dimension of a tensor of any rank. */
function project(x: Tensor, w: Tensor2D): Tensor {
  const rows: Tensor2D = reshape(x, [-1, w.shape[0]]);
  return reshape(matMul(rows, w), [...x.shape.slice(0, -1), w.shape[1]]);
}

/**
 * From decoder state s_t to encoder state h_i (Luong, Pham and Manning 2015, equations (5), (7) and (8)):
 *
 *   dot        e_ti = s_tᵀ h_i
 *   additive   e_ti = vᵀ tanh(W_s s_t + W_h h_i)          (Bahdanau, Cho and Bengio 2015)
 *
 *   α_ti = exp(e_ti) / Σ_j exp(e_tj)        c_t = Σ_i α_ti h_i        s̃_t = tanh(W_c [c_t; s_t])
 *
 * Weights: combine W_cᵀ [2n, n]; for additive also query W_sᵀ and key W_hᵀ [n, n] and score v [n, 1]; all
 * Glorot-uniform.
 */
export function attentionOf(kind: AttentionKind, units: number): Attention {
  const n = units;
  const additive = kind === 'additive';

  function scores(weights: Weights, s: Tensor3D, h: Tensor3D): Tensor3D {
    if (!additive) return matMul(s, h, false, true);
    const [batch, outputs, inputs] = [s.shape[0], s.shape[1], h.shape[1]];
    const queries = reshape(project(s, tensorOf<Tensor2D>(weights, 'query')), [batch, outputs, 1, n]);
    const keys = reshape(project(h, tensorOf<Tensor2D>(weights, 'key')), [batch, 1, inputs, n]);
    return reshape(project(tanh(add(queries, keys)), tensorOf<Tensor2D>(weights, 'score')), [batch, outputs, inputs]);
  }

  return {
    parameters: 2 * n * n + (additive ? 2 * n * n + n : 0),
    init: (stream) => ({
      combine: glorot(2 * n, n, stream),
      ...(additive && { query: glorot(n, n, stream), key: glorot(n, n, stream), score: glorot(n, 1, stream) }),
    }),
    attend(weights, s, h, mask) {
      const [batch, inputs] = mask.shape;
      const hidden = mul(sub(reshape(mask, [batch, 1, inputs]), 1), NEVER);
      const alpha = softmax(add<Tensor3D>(scores(weights, s, h), hidden));
      const context = matMul(alpha, h);
      const attended = tanh(project(concat([context, s], 2), tensorOf<Tensor2D>(weights, 'combine'))) as Tensor3D;
      return { attended, alpha };
    },
  };
}
