import { dimensionName } from '../../core/plan.ts';
import { kindOf } from '../../core/space/index.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { symbols, type Style } from './style.ts';
import { count, plural } from './text.ts';

/** '2 cells × 7 lengths × 3 repeats'; empty where the trials are no such product. */
export function spaceCounts(spec: Pick<SweepSpec, 'space' | 'search' | 'repeats'>, style: Style): string {
  const dimensions = Object.entries(spec.space);
  const repeats = spec.repeats > 1 ? [plural(spec.repeats, 'repeat')] : [];
  const times = ` ${symbols(style).times} `;
  if (spec.search.name !== 'grid')
    return repeats.length === 0 ? '' : [`${count(Number(spec.search['trials']))} draws`, ...repeats].join(times);
  if (dimensions.some(([, dimension]) => dimension.when !== undefined)) return '';
  const factors = dimensions.map(([path, dimension]) =>
    plural(kindOf(dimension).count(dimension) ?? 0, dimensionName(path)),
  );
  return [...factors, ...repeats].join(times);
}
