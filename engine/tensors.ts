/** Named tensors, and as the lists that steps are made of. */
import { dispose, engine, reshape, unstack, type Tensor } from '@tensorflow/tfjs-core';

/** Named tensors. Wherever they become a list, their names are sorted. */
export type Tensors = Record<string, Tensor>;

/** The tensor of that name; throws if there is none, which is always a bug. */
export function tensorOf<T extends Tensor = Tensor>(tensors: Tensors, name: string): T {
  const tensor = tensors[name];
  if (tensor === undefined)
    throw new Error(`no tensor is called ${name}; there are ${Object.keys(tensors).join(', ')}`);
  return tensor as T;
}

/** The same names, each with a suffix, and new tensors. */
export function mapTensors(tensors: Tensors, make: (tensor: Tensor, name: string) => Tensor, suffix = ''): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name + suffix, make(tensor, name)]));
}

/** {kernel} -> {'layer0.kernel'} */
export function prefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}.${name}`, tensor]));
}

/** {'layer0.kernel', 'output.bias'} -> {kernel} for 'layer0' */
export function within(tensors: Tensors, prefix: string): Tensors {
  const start = `${prefix}.`;
  const inside = Object.entries(tensors).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(inside.map(([name, tensor]) => [name.slice(start.length), tensor]));
}

export function namesOf(tensors: Tensors): string[] {
  return Object.keys(tensors).sort();
}

/** The tensors in the order of their names. */
export function listOf(tensors: Tensors): Tensor[] {
  return namesOf(tensors).map((name) => tensorOf(tensors, name));
}

/** The inverse of listOf: takes the next names.length tensors off the list. */
export function takeNamed(names: readonly string[], list: Tensor[]): Tensors {
  const taken = list.splice(0, names.length);
  return Object.fromEntries(names.map((name, i) => [name, taken[i] as Tensor]));
}

/**
 * Its parts along the first axis. (tfjs cannot take the gradient of an unstack into one part: it then takes a tensor
 * for a list of them.)
 */
export function partsOf<T extends Tensor>(x: Tensor): T[] {
  const [count, ...shape] = x.shape;
  return count === 1 ? [reshape(x, shape) as T] : (unstack(x) as T[]);
}

export function disposeAll(...groups: Tensors[]): void {
  for (const group of groups) dispose(group);
}

/**
 * The same tensor, cut off from what it was computed from: no gradient flows back through it, and nothing is computed
 * on the way there. (tfjs has no such operation; a new handle on the same data is one that its tape has not seen.)
 */
export function stopGradient<T extends Tensor>(x: T): T {
  const backend = engine().backend;
  backend.incRef(x.dataId);
  return engine().makeTensorFromDataId(x.dataId, x.shape, x.dtype, backend) as T;
}
