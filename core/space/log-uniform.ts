import { boundsProblem } from './bounds.ts';
import type { DimensionKind } from './types.ts';

export interface LogUniform {
  logUniform: [low: number, high: number];
}

export const logUniform: DimensionKind<LogUniform> = {
  summary: 'uniform on a logarithmic scale, written as {"logUniform": [0.0001, 0.01]}; needs a sampling search',
  form: { logUniform: 'bounds' },
  is: (d): d is LogUniform => 'logUniform' in d,
  problem({ logUniform: [low, high] }) {
    if (low <= 0) return `[${low}, ${high}] has no logarithm everywhere; allowed: bounds above 0`;
    return (
      boundsProblem([low, high]) ??
      (Number.isFinite(high / low) ? undefined : `[${low}, ${high}] is too wide for a number`)
    );
  },
  count: () => undefined,
  at: () => {
    throw new RangeError('a logUniform dimension cannot be counted');
  },
  // 6 significant digits: the last bits of exp and log differ between machines, a trial's id must not.
  draw({ logUniform: [low, high] }, u) {
    const value = Number((low * Math.exp(u * Math.log(high / low))).toPrecision(6));
    return Math.min(high, Math.max(low, value));
  },
  place: ({ logUniform: [low, high] }, value) => Math.log(value / low) / Math.log(high / low),
  check: {
    example: { logUniform: [1e-4, 1e-2] },
    quantiles: [
      [0.25, 0.000316228],
      [0.5, 0.001],
      [0.75, 0.00316228],
    ],
  },
};
