/**
 * Dimensions out of JSON, one kind at a time; what their keys are and what is wrong with them is said by their kinds in
 * core/.
 */
import { z } from 'zod';
import type { Json } from '../core/json.ts';
import { dimensions, kindOf, type Dimension, type DimensionKind, type Form } from '../core/space/index.ts';
import { explain } from './explain.ts';
import { didYouMean, listOf, show, type Path, type Problem } from './problem.ts';

/** The draws at which a continuous dimension is tried: both ends and two between. */
const PROBES = [0, 0.1234, 0.789, 1 - 2 ** -32];

const forms: Record<Form, z.ZodType> = {
  values: z.array(z.unknown()),
  number: z.number(),
  bounds: z.tuple([z.number(), z.number()]),
  'integer bounds': z.tuple([z.int(), z.int()]),
};

const kinds = Object.values(dimensions) as DimensionKind<Dimension>[];
const keysOf = (kind: DimensionKind<Dimension>) => Object.keys(kind.form);

/** One schema a kind: {choice, when?}, {from, to, step, when?}, … */
const schemas = new Map(
  kinds.map((kind) => [
    kind,
    z
      .strictObject({
        ...Object.fromEntries(Object.entries<Form>(kind.form).map(([key, form]) => [key, forms[form]])),
        when: z
          .record(z.string(), z.unknown())
          .optional()
          .describe('only where each path has the value, or one of the values'),
      })
      .describe(kind.summary),
  ]),
);

/** All that can stand under a path in space, for the JSON Schema. */
export const dimensionSchema = z.union([
  z.array(z.unknown()).min(1).describe(dimensions.choice.summary),
  ...schemas.values(),
]);

/** The dimension that stands at a path of the file, or why it is none. */
export function parseDimension(given: Json, path: Path): { dimension: Dimension } | { problems: Problem[] } {
  const written = Array.isArray(given) ? { choice: given } : given;
  const keys = kinds.flatMap(keysOf);
  const refuse = (message: string) => ({ problems: [{ path, message }] });
  const kind =
    written !== null && typeof written === 'object'
      ? kinds.find((k) => keysOf(k).some((key) => key in written))
      : undefined;
  if (kind === undefined) {
    const stranger = Object.keys(written ?? {}).find((key) => key !== 'when');
    const hint = typeof written === 'object' ? didYouMean(stranger, keys) : '';
    return refuse(
      `${show(given)} is not a dimension; allowed: a list of values, or an object with ${listOf(keys)}${hint}`,
    );
  }
  const schema = schemas.get(kind) as z.ZodType;
  const parsed = schema.safeParse(written);
  if (!parsed.success) return { problems: explain(parsed.error, schema, written, path) };
  const dimension = parsed.data as Dimension;
  const problem = kind.problem(dimension);
  return problem === undefined ? { dimension } : refuse(problem);
}

/**
 * Values that stand for a dimension, each with its place under the dimension in the file: all of a list, a few of
 * anything else.
 */
export function probes(dimension: Dimension, given: Json): [value: Json, below: Path][] {
  const kind = kindOf(dimension);
  if ('choice' in dimension)
    return dimension.choice.map((value, i) => [value, Array.isArray(given) ? [i] : ['choice', i]]);
  const count = kind.count(dimension);
  if (count === undefined) return PROBES.map((u) => [kind.draw(dimension, u), []]);
  return [...new Set([0, Math.min(1, count - 1), count - 1])].map((i) => [kind.at(dimension, i), []]);
}
