import { dimensions, type DimensionKind } from '../../core/space/index.ts';
import { testAccepted, testEntries, testPlanted } from './contract.ts';
import { dimensionContracts, type AnyKind } from './dimensions.ts';

testEntries<AnyKind>(dimensions as unknown as Record<string, AnyKind>, dimensionContracts);

interface Logistic {
  logistic: [middle: number, scale: number];
}
/** Draws of the logistic distribution: without bounds, but for those of the draws. */
const logistic: DimensionKind<Logistic> = {
  summary: 'draws around a middle, without bounds',
  form: { logistic: 'bounds' },
  is: (d): d is Logistic => 'logistic' in d,
  problem: ({ logistic: [, scale] }) => (scale > 0 ? undefined : `scale ${scale}; allowed: above 0`),
  count: () => undefined,
  at: () => {
    throw new RangeError('a logistic dimension cannot be counted');
  },
  draw({ logistic: [middle, scale] }, u) {
    const p = Math.min(1 - 1e-9, Math.max(1e-9, u));
    return middle + scale * Math.log(p / (1 - p));
  },
  place: ({ logistic: [middle, scale] }, value) => 1 / (1 + Math.exp((middle - value) / scale)),
  check: {
    example: { logistic: [5, 2] },
    quantiles: [
      [0.25, 2.802775],
      [0.5, 5],
      [0.75, 7.197225],
    ],
  },
};
interface Powers {
  powers: [low: number, high: number];
}
/** CONTRIBUTING's recipe. */
const powers: DimensionKind<Powers> = {
  summary: 'powers of two, written as {"powers": [4, 8]} for 16 to 256',
  form: { powers: 'integer bounds' },
  is: (d): d is Powers => 'powers' in d,
  problem: (d) => dimensions.int.problem({ int: d.powers }),
  count: ({ powers: [low, high] }) => high - low + 1,
  at: ({ powers: [low] }, index) => 2 ** (low + index),
  draw: ({ powers: [low, high] }, u) => 2 ** (low + Math.floor(u * (high - low + 1))),
  check: { example: { powers: [4, 8] } },
};

testAccepted<AnyKind>(
  { 'one without bounds': logistic as unknown as AnyKind, 'powers of two': powers as unknown as AnyKind },
  dimensionContracts,
);

const DISTRIBUTED =
  'draws are distributed as it says: all values alike where they can be counted, else by its quantiles';
const DRAWN = 'what it does not refuse can be drawn from';
const planted = (changes: Partial<DimensionKind<Logistic>>) => ({ ...logistic, ...changes }) as unknown as AnyKind;

testPlanted<AnyKind>(
  {
    'a logistic one that is uniform': {
      entry: planted({ draw: ({ logistic: [middle, scale] }, u) => middle + 4 * scale * (u - 0.5) }),
      noticedBy: DISTRIBUTED,
    },
    'a scale of 0 or below': { entry: planted({ problem: () => undefined }), noticedBy: DRAWN },
    'infinite where u is 0': {
      entry: planted({ draw: ({ logistic: [middle, scale] }, u) => middle + scale * Math.log(u / (1 - u)) }),
      noticedBy: DRAWN,
    },
    'chance of its own': { entry: planted({ draw: () => Math.random() }), noticedBy: DRAWN },
    'a place on another scale': {
      entry: planted({ place: ({ logistic: [middle, scale] }, value) => 0.5 + (value - middle) / (40 * scale) }),
      noticedBy: "a value's place is where it is drawn from",
    },
    'a last value that is never drawn': {
      entry: {
        ...powers,
        draw: ({ powers: [low, high] }: Powers, u: number) => 2 ** (low + Math.floor(u * (high - low))),
      } as unknown as AnyKind,
      noticedBy: DISTRIBUTED,
    },
    'keys of another kind': {
      entry: { ...dimensions.int } as unknown as AnyKind,
      noticedBy: 'is told from the other kinds by its keys',
    },
    'a continuum that says nothing of its distribution': {
      entry: planted({ check: { example: { logistic: [5, 2] } } }),
      noticedBy: DISTRIBUTED,
    },
  },
  dimensionContracts,
);
