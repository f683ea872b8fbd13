/**
 * What a trial learns. Science 4 is pinned by test/models/science.test.ts; here is what smaller tests must see, which
 * say why.
 */
import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'adam does not correct its bias',
    file: 'models/optimizers/adam.ts',
    find: 'const correct2 = sub(1, pow(beta2, step));',
    replace: 'const correct2 = sub(1, pow(beta2, 1e6 * step));',
    noticedBy: ['test/models/optimizers.test.ts'],
  },
  {
    what: 'gradients are clipped one by one, not by their common norm',
    file: 'models/clip.ts',
    find: 'return (g) => mul(g, factor);',
    replace: 'return (g) => mul(g, minimum(1, div(bound, sqrt(sum(square(g))))));',
    noticedBy: ['test/models/optimizers.test.ts'],
  },
  {
    what: 'a stop rule needs one evaluation',
    file: 'trainer/network/train.ts',
    find: '  return curve\n    .slice(-rule.evaluations)\n    .every(({ metrics: { [metric]: value = NaN } }) => value >= atLeast && value <= atMost);',
    replace:
      '  return curve.slice(-1).every(({ metrics: { [metric]: value = NaN } }) => value >= atLeast && value <= atMost);',
    noticedBy: ['test/trainer/train.test.ts'],
  },
  {
    what: 'weights that are not finite go on',
    file: 'trainer/network/train.ts',
    find: 'return left.filter((own) => !finite[pack.places.indexOf(own)]);',
    replace: 'return left.filter((own) => finite[pack.places.indexOf(own)] === null);',
    noticedBy: ['test/trainer/train.test.ts'],
  },
  {
    what: 'a decoder moves letters the other way',
    file: 'models/tasks/caesar.ts',
    find: "direction === 'encrypt' ? shift : -shift",
    replace: "direction === 'encrypt' ? -shift : shift",
    noticedBy: ['test/models/caesar.test.ts'],
  },
  {
    what: "initial weights are drawn from a wider interval than Glorot's",
    file: 'models/initial.ts',
    find: 'Math.sqrt(6 / (inputs + outputs))',
    replace: 'Math.sqrt(6 / inputs)',
    noticedBy: ['test/models/initial.test.ts'],
  },
];
