import type { DimensionKind } from './types.ts';

/** from, from + step, … up to and including `to` where a step lands on it. */
export interface Range {
  from: number;
  to: number;
  step: number;
}

/** Decimal places in a number as it is written, so that 0.1 + 2 × 0.1 is 0.3 and not 0.30000000000000004. */
function decimals(x: number): number {
  const [mantissa = '', exponent = '0'] = String(x).split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}

function at(d: Range, index: number): number {
  const places = Math.min(100, Math.max(decimals(d.from), decimals(d.step))); // toFixed knows no more than 100
  return Number((d.from + index * d.step).toFixed(places));
}

function count(d: Range): number {
  const last = Math.floor((d.to - d.from) / d.step + 1e-9); // forgives the rounding of the quotient
  return at(d, last) > d.to ? last : last + 1;
}

export const range: DimensionKind<Range> = {
  summary: 'equal steps, written as {"from": 5, "to": 35, "step": 5}',
  form: { from: 'number', to: 'number', step: 'number' },
  is: (d): d is Range => 'from' in d,
  problem(d) {
    const { from, to, step } = d;
    if (step <= 0) return `step ${step} leads nowhere; allowed: a step above 0`;
    if (from > to) return `from ${from} is above to ${to}; allowed: from ≤ to`;
    if (!Number.isFinite((to - from) / step))
      return `from ${from} to ${to} in steps of ${step} is too many values for a number`;
    // Beyond a number's 53 bits, neighbours are one and the same.
    const stuck = from + step === from || to - step === to || decimals(step) > 100;
    return stuck ? `step ${step} is too small to tell ${from} from its neighbour` : undefined;
  },
  count,
  at,
  draw: (d, u) => at(d, Math.floor(u * count(d))),
  place: (d, value) => (Math.round((value - d.from) / d.step) + 0.5) / count(d),
  check: { example: { from: 0.1, to: 0.7, step: 0.2 } },
};
