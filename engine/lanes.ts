/**
 * The tensors of several lanes of equal shapes as those of one: with one more axis in front, if there are more than
 * one.
 */
import { tensor, type Tensor, type TypedArray } from '@tensorflow/tfjs-core';
import { mapTensors, tensorOf, type Tensors } from './tensors.ts';

/**
 * Each lane's tensors in the place of one group's; what comes from the host goes up in one piece. The lanes' own stay
 * as they are.
 */
export function together(lanes: readonly Tensors[]): Tensors {
  const [first = {}] = lanes;
  if (lanes.length === 1) return first;
  return mapTensors(first, ({ shape, dtype, size }, name) => {
    const all = valuesOf(lanes.length * size, dtype);
    lanes.forEach((lane, i) => all.set(tensorOf(lane, name).dataSync(), i * size));
    return tensor(all, [lanes.length, ...shape], dtype);
  });
}

function valuesOf(size: number, dtype: Tensor['dtype']): TypedArray {
  return dtype === 'float32' ? new Float32Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** One lane's part of a tensor of `count` lanes, on the host: a view. */
export function laneValues(x: Tensor, lane: number, count: number): TypedArray {
  const size = x.size / count;
  return x.dataSync().subarray(lane * size, (lane + 1) * size);
}

const laneShape = (x: Tensor, count: number): number[] => (count === 1 ? [...x.shape] : x.shape.slice(1));

/** One lane's part of tensors of `count` lanes, as new tensors. */
export function laneOf(tensors: Tensors, lane: number, count: number): Tensors {
  return mapTensors(tensors, (x) => tensor(laneValues(x, lane, count).slice(), laneShape(x, count), x.dtype));
}

/** The same on the host: copies, to be kept. */
export function laneCopy(x: Tensor, lane: number, count: number): { shape: number[]; values: Float32Array } {
  return { shape: laneShape(x, count), values: Float32Array.from(laneValues(x, lane, count)) };
}

/** Whether the lanes can be put together. */
export function sameShapes(lanes: readonly Tensors[]): boolean {
  const [first = {}] = lanes;
  return lanes.every((lane) =>
    Object.entries(first).every(([name, x]) => tensorOf(lane, name).shape.join() === x.shape.join()),
  );
}
