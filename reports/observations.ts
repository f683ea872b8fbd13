/**
 * What was seen of networks besides their metrics. models/ makes it; here its shape is checked, because files can
 * change.
 */
import { z } from 'zod';
import type { ObservationKind } from '../core/results.ts';

const numbers = z.array(z.number());
/** What overflowed is no number in JSON. */
const finiteOrNull = z.number().nullable();
const observed = <K extends ObservationKind, D extends z.ZodType>(kind: K, data: D) =>
  z.object({ step: z.number(), kind: z.literal(kind), data });

/** `trials/<id>/observations.json`. */
export const observationsFile = z.array(
  z.discriminatedUnion('kind', [
    observed('samples', z.object({ texts: z.array(z.string()) })),
    /** ‖∂L/∂h^(t)‖ of each layer at t = 1, 2, …, and ‖∂L/∂θ‖. */
    observed('gradient-flow', z.object({ layers: z.array(z.array(finiteOrNull)), norm: finiteOrNull.optional() })),
    /** φ and k at each t; where every unit has learned a gate of its own, k is their mean, from `low` to `high`. */
    observed(
      'gate',
      z
        .object({
          layer: z.number().default(1),
          t: numbers,
          phi: numbers,
          k: numbers,
          low: numbers.optional(),
          high: numbers.optional(),
        })
        .extend({ tau: z.number().optional(), s: z.number().optional(), rOn: z.number().optional() })
        .refine(
          ({ t, phi, k, low = t, high = t }) => [phi, k, low, high].every((xs) => xs.length === t.length),
          'not of equal lengths',
        ),
    ),
    /** weights[i][j]: how much output i looks at input j. */
    observed(
      'attention',
      z
        .object({ input: z.array(z.string()), output: z.array(z.string()), weights: z.array(numbers) })
        .refine(
          ({ input, output, weights }) =>
            weights.length === output.length && weights.every((row) => row.length === input.length),
          'weights are not [output, input]',
        ),
    ),
  ]),
);

export type TypedObservation = z.infer<typeof observationsFile>[number];
export type ObservationOf<K extends ObservationKind> = Extract<TypedObservation, { kind: K }>;

/** What was seen of one kind, in order of the step; empty if nothing was. */
export function observationsOf<K extends ObservationKind>(
  { observations }: { observations: ReadonlyMap<string, TypedObservation[]> },
  trialId: string,
  kind: K,
): ObservationOf<K>[] {
  return (observations.get(trialId) ?? [])
    .filter((one): one is ObservationOf<K> => one.kind === kind)
    .sort((a, b) => a.step - b.step);
}

const temperature = z.union([z.number(), z.literal('greedy')]);

/** `trials/<id>/samples.json`. */
export const samplesFile = z.object({
  sampling: z.object({}).loose(),
  samples: z.array(z.object({ prompt: z.string(), text: z.string(), temperature, length: z.number() })),
  metrics: z.array(z.object({ temperature, metrics: z.record(z.string(), z.number()) })),
});
