import { canonicalJson, type Json } from '../json.ts';
import type { DimensionKind } from './types.ts';

export interface Choice {
  choice: Json[];
}

export const choice: DimensionKind<Choice> = {
  summary: 'a list of values, written as [a, b, …] or {"choice": [a, b, …]}',
  form: { choice: 'values' },
  is: (d): d is Choice => 'choice' in d,
  problem({ choice: values }) {
    if (values.length === 0) return '[] is empty; allowed: one value or more';
    const seen = new Map<string, number>();
    for (const [i, value] of values.entries()) {
      const text = canonicalJson(value);
      const before = seen.get(text);
      if (before !== undefined)
        return `${text} stands twice, as values ${before + 1} and ${i + 1}; allowed: each value once`;
      seen.set(text, i);
    }
    return undefined;
  },
  count: (d) => d.choice.length,
  at: (d, index) => d.choice[index] as Json,
  draw: (d, u) => d.choice[Math.floor(u * d.choice.length)] as Json,
  check: { example: { choice: ['a', 2, null, { norm: 1 }] } },
};
