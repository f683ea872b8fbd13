/** Each rewrite does what it is for, and changes no result. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../engine/backends/index.ts';
import { recordPure } from '../../engine/replay/compile.ts';
import { deviceInUse } from '../../engine/replay/devices.ts';
import type { Graph } from '../../engine/replay/graph.ts';
import { alignInputs } from '../../engine/replay/onnx/rewrites/inputs.ts';
import { spellGradients } from '../../engine/replay/onnx/rewrites/spell-gradients.ts';
import { sumsAsProducts } from '../../engine/replay/onnx/rewrites/sums.ts';
import { fuseActivationGradients } from '../../engine/replay/rewrites/activation-gradients.ts';
import { dropIdentities } from '../../engine/replay/rewrites/identities.ts';
import { joinGradients } from '../../engine/replay/rewrites/join-gradients.ts';
import { joinProducts } from '../../engine/replay/rewrites/join-products.ts';
import { mergeDuplicates } from '../../engine/replay/rewrites/merge.ts';
import { transposeOnce } from '../../engine/replay/rewrites/pretranspose.ts';
import { prune } from '../../engine/replay/rewrites/prune.ts';
import { stepwise } from '../../engine/replay/rewrites/stepwise.ts';
import { dropZeros } from '../../engine/replay/rewrites/zeros.ts';
import { rewritesFor } from '../../engine/replay/tensorflow/rewrites/index.ts';
import type { Rewrite, TensorFunction } from '../../engine/replay/types.ts';
import { findNative } from '../../setup/tensorflow.ts';

const native = await findNative();
if (native) await loadBackend({ kind: 'native', native, threads: 1 });
const skip = native ? false : 'native TensorFlow is not installed: sweep setup';

const ramp = (shape: number[], scale = 1) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + scale) * scale),
    shape,
  );
const count = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op).length;

const device = () => deviceInUse() ?? assert.fail('not native');

function results(graph: Graph, inputs: tf.Tensor[]): number[][] {
  const session = device().openSession(graph);
  try {
    return session.run(inputs).map((x) => [...x.dataSync()]);
  } finally {
    session.dispose();
  }
}

/** Checks that the rewritten graph gives the same numbers, and returns both graphs. */
function rewritten(step: TensorFunction, inputs: tf.Tensor[], ...rewrites: Rewrite[]): { before: Graph; after: Graph } {
  const before = prune(recordPure(step, inputs, device()));
  const after = prune(rewrites.reduce((graph, apply) => apply(graph), before));
  const expected = results(before, inputs);
  results(after, inputs).forEach((values, i) => {
    const others = expected[i] ?? [];
    const scale = Math.max(...others.map(Math.abs), 1e-30);
    assert.equal(values.length, others.length);
    values.forEach((x, k) =>
      assert.ok(Math.abs(x - (others[k] ?? NaN)) <= 1e-6 * scale, `output ${i}: ${x}, not ${others[k]}`),
    );
  });
  return { before, after };
}

const sigmoidsAndTanhs: TensorFunction = (x) =>
  tf.valueAndGrads((v) => tf.sum(tf.mul(tf.tanh(v), tf.sigmoid(tf.mul(v, 2)))))([x as tf.Tensor]).grads;

/** A layer over three steps with its gradients, in plain equations. */
const recurrent: TensorFunction = (...inputs) => {
  const [x, weights, recurrence, bias] = inputs as [tf.Tensor3D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
  const [steps, batch, width] = x.shape;
  const { value, grads } = tf.valueAndGrads((...variables) => {
    const [w, r, b] = variables as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
    const projected = tf.unstack(
      tf.reshape(tf.add(tf.matMul(tf.reshape(x, [steps * batch, width]), w), b), [steps, batch, -1]),
    );
    let h: tf.Tensor = tf.zeros([batch, 4]);
    for (const p of projected) h = tf.tanh(tf.add(p, tf.matMul(h as tf.Tensor2D, r)));
    return tf.sum(tf.square(h));
  })([weights, recurrence, bias]);
  return [value, ...grads];
};
const layer = () => [ramp([5, 3, 2]), ramp([2, 4], 0.5), ramp([4, 4], 0.4), ramp([4], 0.3)];

test('prune leaves out what no output needs', { skip }, () => {
  const step: TensorFunction = (x) => {
    tf.exp(x as tf.Tensor);
    return [tf.neg(x as tf.Tensor)];
  };
  const recording = recordPure(step, [ramp([2])], device());
  assert.equal(count(recording, 'Exp'), 1);
  assert.deepEqual(
    prune(recording).nodes.map(({ op }) => op),
    ['Placeholder', 'Neg'],
  );
});

test('casts and reshapes that change nothing go', { skip }, () => {
  const { before, after } = rewritten(
    (x) => [tf.reshape(tf.cast(tf.reshape(x as tf.Tensor, [2, 3]), 'int32'), [3, 2])],
    [ramp([2, 3], 9)],
    dropIdentities,
  );
  assert.deepEqual([count(before, 'Reshape'), count(after, 'Reshape'), count(after, 'Cast')], [2, 1, 1]);
});

test("gradients of tanh and sigmoid become TensorFlow's own", { skip }, () => {
  const { after } = rewritten(sigmoidsAndTanhs, [ramp([6])], dropIdentities, fuseActivationGradients);
  assert.deepEqual(
    ['TanhGrad', 'SigmoidGrad', 'Square', 'Sub'].map((op) => count(after, op)),
    [1, 1, 0, 0],
  );
});

test('what looks like such a gradient and is none stays', { skip }, () => {
  const step: TensorFunction = (x, y) => [
    tf.mul(tf.sub(2, tf.square(x as tf.Tensor)), y as tf.Tensor),
    tf.mul(tf.sub(1, tf.square(x as tf.Tensor)), tf.ones([3, 2])),
  ];
  const { after } = rewritten(step, [ramp([2]), ramp([2])], dropIdentities, fuseActivationGradients);
  assert.equal(count(after, 'TanhGrad'), 0, 'another constant; another shape');
});

test('equal nodes become one', { skip }, () => {
  const step: TensorFunction = (x) => [
    tf.exp(tf.add(x as tf.Tensor, 1)),
    tf.neg(tf.exp(tf.add(x as tf.Tensor, 1))),
    tf.exp(tf.add(x as tf.Tensor, 2)),
  ];
  const { before, after } = rewritten(step, [ramp([2])], mergeDuplicates);
  assert.deepEqual([count(before, 'Exp'), count(after, 'Exp'), count(after, 'Const')], [3, 2, 2]);
});

test('a layer is computed step by step', { skip }, () => {
  const { before, after } = rewritten(recurrent, layer(), dropIdentities, stepwise);
  assert.deepEqual([count(before, 'Pack'), count(after, 'Pack')], [1, 0]);
});

test("a step's products are one product, forward and back", { skip }, () => {
  const forward = [dropIdentities, stepwise, joinProducts, mergeDuplicates];
  // Per step: one product forward, one for the gradient back (not at the first), and three for those of W, R and b.
  assert.equal(count(rewritten(recurrent, layer(), ...forward).after, 'BatchMatMulV2'), 5 + 4 + 15);
  const { after } = rewritten(recurrent, layer(), ...forward, joinGradients, mergeDuplicates);
  assert.equal(count(after, 'BatchMatMulV2'), 5 + 4 + 5);
  assert.equal(count(after, 'ConcatV2'), 5 + 1, 'the gradients read what the forward pass has put side by side');
});

test('the first step, whose state is zero, has no recurrent product', { skip }, () => {
  const steps = [dropIdentities, stepwise, dropZeros, joinProducts, mergeDuplicates, joinGradients, mergeDuplicates];
  const { after } = rewritten(recurrent, layer(), ...steps);
  const sizes = after.nodes
    .filter(({ op }) => op === 'BatchMatMulV2')
    .map(({ inputs: [a, b] }) => [a, b].map((x) => x?.node.outputs[x.index]?.shape.join('×')).join(' '));
  // Forward x[0] W; back [x[0] 1]ᵀ d[0]. The four steps after it: [x h 1] [W; R; b], d Rᵀ, [x h 1]ᵀ d.
  assert.deepEqual(
    sizes.sort(),
    [
      '3×2 2×4',
      ...Array(4).fill('3×4 4×4'),
      ...Array(4).fill('3×7 3×4'),
      ...Array(4).fill('3×7 7×4'),
      '3×3 3×4',
    ].sort(),
  );
});

test('zeros go only where nothing depends on them', { skip }, () => {
  const zero = () => tf.zeros([2, 3]);
  const step: TensorFunction = (x, row) => [
    tf.add(x as tf.Tensor, tf.mul(zero(), x as tf.Tensor)), // x
    tf.add(row as tf.Tensor, zero()), // broadcasts: stays
    tf.mul(tf.add(x as tf.Tensor, 1), tf.fill([2, 3], 2)), // no zero
    tf.exp(tf.matMul(zero() as tf.Tensor2D, x as tf.Tensor2D, false, true)),
  ];
  const { after } = rewritten(step, [ramp([2, 3]), ramp([3])], dropZeros);
  assert.deepEqual(
    ['Add', 'Mul', 'BatchMatMulV2', 'Exp'].map((op) => count(after, op)),
    [2, 1, 0, 1],
  );
});

test('the gradient of tanh at zero is no zero', { skip }, () => {
  const y = () => tf.zeros([2, 3]);
  const step: TensorFunction = (x) => [
    tf.mul(tf.sub(1, tf.square(y())), x as tf.Tensor), // (1 − 0²) x
    tf.mul(tf.sub(1, tf.square(tf.tanh(x as tf.Tensor))), tf.zeros([2, 3])),
    tf.mul(x as tf.Tensor, tf.mul(y(), tf.sub(1, y()))), // x (0 (1 − 0))
  ];
  const { after } = rewritten(
    step,
    [ramp([2, 3])],
    dropIdentities,
    fuseActivationGradients,
    mergeDuplicates,
    dropZeros,
  );
  assert.deepEqual(
    ['TanhGrad', 'SigmoidGrad'].map((op) => count(after, op)),
    [1, 0],
  );
});

test('a sum that is read elsewhere too is not joined', { skip }, () => {
  const step: TensorFunction = (x, w) => {
    const product = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D);
    return [tf.add(product, tf.matMul(w as tf.Tensor2D, x as tf.Tensor2D)), product];
  };
  assert.equal(count(rewritten(step, [ramp([3, 3]), ramp([3, 3], 2)], joinProducts).after, 'ConcatV2'), 0);
});

test('a matrix that is often multiplied transposed is transposed once', { skip }, () => {
  const step: TensorFunction = (x, w) => {
    let y: tf.Tensor = x as tf.Tensor;
    for (let i = 0; i < 5; i++) y = tf.tanh(tf.matMul(y as tf.Tensor2D, w as tf.Tensor2D, false, true));
    return [y];
  };
  assert.equal(count(rewritten(step, [ramp([3, 3]), ramp([3, 3], 0.5)], transposeOnce).after, 'Transpose'), 1);
});

test('all of them together, on either processor', { skip }, () => {
  for (const processor of ['cpu', 'gpu'] as const) {
    const { before, after } = rewritten(recurrent, layer(), ...rewritesFor(processor));
    assert.ok(after.nodes.length < before.nodes.length);
  }
});

test(
  'gradients of tanh and sigmoid are spelled out, and those of gates take what the forward pass has',
  { skip },
  () => {
    const spelled = [dropIdentities, fuseActivationGradients, mergeDuplicates, spellGradients];
    const alone: TensorFunction = (x) =>
      tf.grads((a, b) => tf.sum(tf.add(tf.tanh(a as tf.Tensor), tf.sigmoid(b as tf.Tensor))))([x, x] as tf.Tensor[]);
    assert.deepEqual(gradientOps(rewritten(alone, [ramp([6])], ...spelled).after), [0, 0]);
    const gates: TensorFunction = (x, y) =>
      tf.grads((a, b) => tf.sum(tf.square(tf.mul(tf.tanh(a as tf.Tensor), tf.sigmoid(b as tf.Tensor)))))([
        x,
        y,
      ] as tf.Tensor[]);
    const { after } = rewritten(gates, [ramp([6]), ramp([6], 2)], ...spelled);
    assert.deepEqual(gradientOps(after), [0, 0]);
    // Two for each gate, and what is no gradient of one: each alone would take two more than d m.
    assert.deepEqual([count(after, 'Mul'), count(after, 'Sub')], [8, 2]);
  },
);
const gradientOps = (graph: Graph) => ['TanhGrad', 'SigmoidGrad'].map((op) => count(graph, op));

test('sums and means are products with ones, whatever their axes', { skip }, () => {
  const axes = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]];
  const step: TensorFunction = (x) =>
    axes.flatMap((own) => [tf.sum(x as tf.Tensor, own), tf.mean(x as tf.Tensor, own, true)]);
  const { before, after } = rewritten(step, [ramp([3, 4, 5])], sumsAsProducts);
  assert.deepEqual([count(before, 'Sum') + count(before, 'Mean'), count(after, 'Sum') + count(after, 'Mean')], [14, 0]);
});

test('an input is copied before Eigen computes with it, and nothing else is', { skip }, () => {
  const step: TensorFunction = (x) => [
    tf.log(tf.reshape(x as tf.Tensor, [6])),
    tf.log(tf.add(x as tf.Tensor, 9)),
    tf.tanh(x as tf.Tensor),
  ];
  assert.equal(count(rewritten(step, [tf.add(ramp([2, 3]), 2)], alignInputs).after, 'Mul'), 1);
});
