/** A step on all lanes of a pack, each with a batch of its own. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { laneOf, sameShapes, together } from '../../engine/lanes.ts';
import type { Named } from '../../engine/named.ts';
import { listOf } from '../../engine/tensors.ts';
import type { Tensors } from '../../models/types.ts';

/** A number for each lane; undefined: that lane is not concerned. */
export type LaneSteps = readonly (number | undefined)[];

interface StepInputs {
  before: readonly Tensors[];
  batches: readonly Tensors[];
  after: readonly Tensors[];
}

/**
 * Runs a step on all lanes: what comes before and after the batch is theirs together, and each has its own batch, which
 * is disposed of. Lanes whose batches differ in shape, as those of texts may at some steps, take the step one after the
 * other.
 */
export function runLanes(step: Named, { before, batches, after }: StepInputs): Tensors[] {
  const count = batches.length;
  const owned = new Set<Tensor>(batches.flatMap(listOf));
  const own = <T extends Tensors>(tensors: T): T => {
    for (const x of Object.values(tensors)) owned.add(x);
    return tensors;
  };
  try {
    if (sameShapes(batches)) return step.runLanes(count, ...before, own(together(batches)), ...after);
    const alone = (group: Tensors, lane: number) => own(laneOf(group, lane, count));
    const results = batches.map((batch, lane) =>
      step
        .run(...before.map((group) => alone(group, lane)), batch, ...after.map((group) => alone(group, lane)))
        .map(own),
    );
    return (results[0] ?? []).map((_, i) => together(results.map((groups) => groups[i] as Tensors)));
  } finally {
    for (const x of owned) x.dispose();
  }
}

/** A batch for each lane: those that are not concerned look at that of the first one that is. */
export function filled(drawn: readonly (Tensors | undefined)[]): Tensors[] {
  const some = drawn.find((batch) => batch !== undefined) as Tensors;
  return drawn.map((batch) => batch ?? some);
}
