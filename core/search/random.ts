import { kindOf } from '../space/index.ts';
import { deriveSeed } from '../trial.ts';
import type { Configuration, Search } from './types.ts';
import { applies, orderedSpace } from './when.ts';

/**
 * Independent draws from every dimension (Bergstra and Bengio 2012); draw i depends on the sweep's seed and i alone.
 */
export const random: Search = {
  summary: 'independent random configurations',
  options: { trials: { summary: 'how many configurations to draw', integer: true, atLeast: 1, atMost: 1_000_000 } },
  samples: true,
  count: (spec) => spec.search['trials'] as number,
  at(spec, index) {
    const chosen: Configuration = {};
    for (const [path, dimension] of orderedSpace(spec)) {
      if (!applies(dimension, chosen, spec)) continue;
      const u = deriveSeed(spec.seed, 'search', index, path) / 2 ** 32;
      chosen[path] = kindOf(dimension).draw(dimension, u);
    }
    return chosen;
  },
};
