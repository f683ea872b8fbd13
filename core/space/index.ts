/** Registry of dimensions: one file each. A dimension whose values can be counted can be searched by grid. */
import { choice, type Choice } from './choice.ts';
import { int, type Int } from './int.ts';
import { logUniform, type LogUniform } from './log-uniform.ts';
import { range, type Range } from './range.ts';
import type { Conditional, DimensionKind } from './types.ts';
import { uniform, type Uniform } from './uniform.ts';

export type * from './types.ts';

export type Dimension = Conditional<Choice | Range | LogUniform | Uniform | Int>;

export interface Kinds {
  choice: Choice;
  range: Range;
  logUniform: LogUniform;
  uniform: Uniform;
  int: Int;
}
export const dimensions: { [K in keyof Kinds]: DimensionKind<Kinds[K]> } = { choice, range, logUniform, uniform, int };

/** The kind of a dimension; throws a RangeError that lists the kinds if it is none of them. */
export function kindOf(dimension: Dimension): DimensionKind<Dimension> {
  for (const kind of Object.values(dimensions) as DimensionKind<Dimension>[]) if (kind.is(dimension)) return kind;
  throw new RangeError(
    `not a dimension: ${JSON.stringify(dimension)}; a dimension is one of ${Object.keys(dimensions).join(', ')}`,
  );
}
