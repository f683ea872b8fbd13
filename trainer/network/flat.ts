/**
 * All weights of a network as one vector, where the optimizer treats each number by itself: then its equations run once
 * and not once a tensor, and a step takes and gives two tensors instead of ten. On a small network that is a third of
 * its time: an op, and a tensor taken or given, costs a microsecond before anything is computed. No bit changes.
 */
import { concat1d, reshape, slice1d, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { tensorOf, type Tensors } from '../../engine/tensors.ts';

/** How the steps of a program hold weights, gradients, and what an optimizer keeps of each. */
export interface Holding {
  /** {'layer0.bias/square', 'layer0.kernel/square', …} -> {'all/square'}. */
  hold(named: Tensors): Tensors;
  /** The inverse. */
  named(held: Tensors): Tensors;
}

/** As they are. */
export const apart: Holding = { hold: (named) => named, named: (held) => held };

/** The vector's name, in the place of the weights'. */
const ALL = 'all';

/** All in one, in the order of the weights' names. */
export function flat(weights: Tensors): Holding {
  const places: { name: string; shape: number[]; size: number; start: number }[] = [];
  let start = 0;
  for (const name of Object.keys(weights).sort()) {
    const { shape, size } = tensorOf(weights, name);
    places.push({ name, shape, size, start });
    start += size;
  }
  const first = places[0]?.name ?? '';
  return {
    hold(named) {
      const suffixes = Object.keys(named).flatMap((key) =>
        key === first || key.startsWith(`${first}/`) ? [key.slice(first.length)] : [],
      );
      return Object.fromEntries(
        suffixes.map((suffix) => [
          ALL + suffix,
          concat1d(places.map(({ name, size }) => reshape(tensorOf(named, name + suffix), [size]) as Tensor1D)),
        ]),
      );
    },
    named: (held) =>
      Object.fromEntries(
        Object.entries(held).flatMap(([key, all]) =>
          places.map(({ name, shape, size, start }): [string, Tensor] => [
            name + key.slice(ALL.length),
            reshape(slice1d(all as Tensor1D, start, size), shape),
          ]),
        ),
      ),
  };
}

/** What is held for a network with these weights, of which nothing stays. */
export function holdingOf(weights: () => Tensors, elementwise: boolean): Holding {
  if (!elementwise) return apart;
  let holding = apart;
  tidy(() => {
    holding = flat(weights());
  });
  return holding;
}
