import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'a sequence of one time step has no gradient',
    file: 'models/tensors.ts',
    find: 'return count === 1 ? [reshape(x, shape) as T] : unstack(x) as T[];',
    replace: 'return count === 0 ? [reshape(x, shape) as T] : unstack(x) as T[];',
    noticedBy: ['test/least.test.ts'],
  },
  {
    what: 'an ε that 32-bit floats take for 0 is allowed',
    file: 'models/optimizers/limits.ts',
    find: 'export const LEAST_EPSILON = 1e-37;',
    replace: 'export const LEAST_EPSILON = 1e-50;',
    noticedBy: ['test/least.test.ts'],
  },
];
