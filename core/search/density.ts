/** What is known of where a dimension's good, or bad, values lie: densities that can be drawn from. */

/** Values are places in [0, 1], or indexes of choices. `uniform` yields independent uniform draws in [0, 1). */
export interface Density {
  draw(uniform: () => number): number;
  logDensity(value: number): number;
}

/** No kernel is narrower than 1 / 100 of the interval: a value tried twice must not become a needle. */
const NARROWEST = 100;

/**
 * The adaptive Parzen estimator of Bergstra et al. 2011, section 4.2, on [0, 1]: the uniform prior and a Gaussian
 * around each observation, equally weighted and cut off at the ends; σ is the greater distance to its neighbours (the
 * ends are neighbours too), but at least 1 / min(100, n + 1).
 */
export function parzen(observed: readonly number[]): Density {
  const points = [...observed].sort((a, b) => a - b);
  const narrowest = 1 / Math.min(NARROWEST, points.length + 1);
  const kernels = points.map((mean, i) => {
    const sigma = Math.max(mean - (points[i - 1] ?? 0), (points[i + 1] ?? 1) - mean, narrowest);
    const inside = normalBelow((1 - mean) / sigma) - normalBelow(-mean / sigma);
    return { mean, sigma, height: 1 / (Math.sqrt(2 * Math.PI) * sigma * inside) };
  });
  const weight = 1 / (kernels.length + 1);
  return {
    draw(uniform) {
      const kernel = kernels[Math.floor(uniform() * (kernels.length + 1))];
      if (kernel === undefined) return uniform();
      for (;;) {
        // a kernel has at least a third of its mass inside
        const value = kernel.mean + kernel.sigma * normal(uniform);
        if (value >= 0 && value < 1) return value;
      }
    },
    logDensity(value) {
      let sum = 1;
      for (const { mean, sigma, height } of kernels) sum += height * Math.exp(-0.5 * ((value - mean) / sigma) ** 2);
      return Math.log(weight * sum);
    },
  };
}

/**
 * Of K choices, i has a share in proportion to K p_i + C_i, where p_i = 1 / K is its prior and C_i counts its
 * observations (section 4.2).
 */
export function categorical(choices: number, observed: readonly number[]): Density {
  const weights = new Array<number>(choices).fill(1);
  for (const i of observed) weights[i] = (weights[i] as number) + 1;
  const total = choices + observed.length;
  return {
    draw(uniform) {
      let rest = uniform() * total;
      const found = weights.findIndex((weight) => (rest -= weight) < 0);
      return found < 0 ? choices - 1 : found;
    },
    logDensity: (i) => Math.log((weights[i] as number) / total),
  };
}

/** Box and Muller: a standard normal draw from two uniform ones. */
const normal = (uniform: () => number) => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

/** Φ(x) = (1 + erf(x / √2)) / 2, with erf as in Abramowitz and Stegun 7.1.26 (absolute error below 1.5e-7). */
export function normalBelow(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const erf =
    1 -
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-z * z);
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}
