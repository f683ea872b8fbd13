/**
 * What the workers of `sweep bench step` are asked and answer, in JSON lines; the Python ones too (workers/lines.py).
 */

/** A training step of the palindrome task: T digits in, the last one out; RMSProp, gradients clipped by norm. */
export interface StepCase {
  cell: string;
  /** T, the digits that the network reads. */
  length: number;
  batch: number;
  hidden: number;
  /** Numbers that a digit is shown as: 10, of which one is 1, or 1. */
  inputs: 1 | 10;
}

/** 32-bit numbers, little-endian, in base64. */
export interface Packed {
  shape: number[];
  data: string;
}

/**
 * Where everybody starts, and what everybody sees, over and over. Weights are named and laid out as in models/cells.
 */
export interface StepData {
  /** float32 */
  weights: Record<string, Packed>;
  /** int32: digits [batches, T, batch], answers [batches, batch]. */
  digits: Packed;
  answers: Packed;
}

export const LEARNING_RATE = 0.001;
export const CLIP_NORM = 10;
export const BATCHES = 8;
/** Steps after which losses are compared: that all do the same work. */
export const CHECKED_STEPS = 5;

export interface PrepareRequest extends StepCase {
  prepare: true;
  learningRate: number;
  clipNorm: number;
  checkedSteps: number;
  data?: StepData;
}
/** The loss of each of the first steps; ours has the data too. */
export interface Prepared {
  losses: number[];
  data?: StepData;
}

export interface RunRequest {
  run: number;
}
/**
 * Milliseconds: each step by the clock on the wall, and all of them together in processor time of the whole process.
 */
export interface Ran {
  wall: number[];
  processor: number;
}
