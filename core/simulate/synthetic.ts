import { canonicalJson } from '../json.ts';
import { kindOf } from '../space/index.ts';
import type { SweepSpec } from '../spec.ts';
import type { Configuration } from '../search/index.ts';
import type { Curves } from './curves.ts';
import { noise, textHash } from './noise.ts';

/** One trial in so many diverges, at a step of its own. */
const DIVERGES = 1 / 30;
/**
 * How far repeats of a configuration lie apart, and evaluations of a trial: as shares of the way from all wrong to all
 * right.
 */
const REPEATS_APART = 0.04;
const EVALUATIONS_APART = 0.01;

/**
 * Learning curves by a power law, the shape that most networks' errors have (Viering and Loog 2023, "The shape of
 * learning curves", section 4): e(t) = e∞ + (1 − e∞) (1 + t / τ)^(−α).
 *
 * Every dimension has a best place, known to nobody, and a weight. How far a configuration is from the best places says
 * how well it ends (e∞) and, by other places and weights, how fast it learns (τ): so fast ones are not always the best,
 * and curves cross.
 */
export function syntheticCurves(spec: SweepSpec): Curves {
  const {
    seed,
    space,
    objective: { goal },
    training: { maxSteps, evaluateEvery },
  } = spec;
  const dimensions = Object.entries(space).map(([path, dimension], i) => {
    const kind = kindOf(dimension);
    const place = kind.place?.bind(kind, dimension);
    return {
      path,
      i,
      placeOf: (value: unknown) => (place ? place(value as number) : noise(seed, i, textHash(canonicalJson(value)))),
    };
  });

  /** 0: all dimensions at their best places; 1: as far off as can be. */
  function distance(point: Configuration, purpose: number): number {
    let [sum, weights] = [0, 0];
    for (const { path, i, placeOf } of dimensions) {
      const value = point[path];
      if (value === undefined) continue;
      const best = noise(seed, purpose, i, 1);
      const weight = 0.1 + noise(seed, purpose, i, 2);
      const farthest = Math.max(best, 1 - best);
      sum += weight * ((placeOf(value) - best) / farthest) ** 2;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.sqrt(sum / weights);
  }

  return {
    source: 'made-up power laws',
    course(configuration, repeat, point) {
      const end = 0.9 * distance(point, 1) + REPEATS_APART * (noise(seed, configuration, repeat, 3) - 0.5);
      const tau = maxSteps * 0.01 * 10 ** (1.5 * distance(point, 2));
      const alpha = 0.6 + noise(seed, configuration, 4);
      const diverges =
        noise(seed, configuration, repeat, 5) < DIVERGES
          ? Math.ceil(noise(seed, configuration, repeat, 6) * maxSteps)
          : Infinity;
      return {
        stepTime: 0.5 + noise(seed, configuration, 7), // wide and deep ones take longer
        after(step) {
          if (step >= diverges) return { value: null, ended: true, steps: diverges };
          const ended = step >= maxSteps;
          const at = ended ? maxSteps : step - (step % evaluateEvery);
          const error =
            end +
            (1 - end) * (1 + at / tau) ** -alpha +
            EVALUATIONS_APART * (noise(seed, configuration, repeat, at) - 0.5);
          const clipped = Math.min(1, Math.max(0, error));
          return { value: goal === 'maximize' ? 1 - clipped : clipped, ended, steps: Math.min(step, maxSteps) };
        },
      };
    },
  };
}
