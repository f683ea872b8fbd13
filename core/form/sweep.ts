/**
 * The description of a sweep: every key of a sweep file and of a resolved spec, but for the options of tasks, cells and
 * optimizers.
 */
import { MOST_CONCURRENT, MOST_REPEATS, MOST_STEPS, MOST_TRIALS } from './limits.ts';
import { DURATION } from '../duration.ts';
import { goalsText } from '../metrics.ts';
import type { Keys, ObjectForm } from './types.ts';

const line = { is: 'text', pattern: '^[^\\n\\t]*$', allowed: 'one line' } as const;
const metric = { is: 'name', of: 'metrics' } as const;

// Upper limits are far above what such networks can use: they turn a slip of the keyboard into an error, not into a
// full memory.

/** The keys of each section that every task, cell or optimizer has. */
export const sectionForms = {
  task: { name: { is: 'name', of: 'tasks' } },
  model: {
    cell: { is: 'name', of: 'cells' },
    hiddenUnits: {
      is: 'number',
      integer: true,
      atLeast: 1,
      atMost: 16_384,
      default: 128,
      summary: 'units in each layer',
    },
    layers: { is: 'number', integer: true, atLeast: 1, atMost: 64, default: 1, summary: 'cells on top of each other' },
  },
  training: {
    optimizer: { is: 'name', of: 'optimizers', default: 'rmsprop' },
    learningRate: { is: 'number', above: 0, default: 0.001 },
    batchSize: { is: 'number', integer: true, atLeast: 1, atMost: 65_536, default: 128 },
    maxSteps: { is: 'number', integer: true, atLeast: 1, atMost: MOST_STEPS, default: 10_000 },
    evaluateEvery: {
      is: 'number',
      integer: true,
      atLeast: 1,
      atMost: MOST_STEPS,
      default: 100,
      summary: 'training steps between two evaluations',
    },
    // 1,024 examples: an accuracy near 0.99 has a standard error of 0.003.
    evaluationSize: {
      is: 'number',
      integer: true,
      atLeast: 1,
      atMost: 1_000_000,
      default: 1024,
      summary: 'fresh examples that an evaluation looks at',
    },
    clip: {
      is: 'object',
      optional: true,
      exactlyOne: ['norm', 'value'],
      keys: {
        norm: {
          is: 'number',
          above: 0,
          optional: true,
          summary: 'scale all gradients together so that their norm is at most this',
        },
        value: { is: 'number', above: 0, optional: true, summary: 'cut every gradient to ± this' },
      },
    },
    stopWhen: {
      is: 'object',
      optional: true,
      summary: 'training ends early once a metric has passed a bound',
      exactlyOne: ['atLeast', 'atMost'],
      keys: {
        metric,
        atLeast: { is: 'number', optional: true },
        atMost: { is: 'number', optional: true },
        evaluations: {
          is: 'number',
          integer: true,
          atLeast: 1,
          atMost: 1_000_000,
          default: 1,
          summary: 'evaluations in a row that must pass',
        },
      },
    },
    decay: {
      is: 'object',
      optional: true,
      summary: 'learning rate × factor^⌊step / every⌋',
      keys: {
        factor: { is: 'number', above: 0, atMost: 1 },
        every: { is: 'number', integer: true, atLeast: 1, atMost: MOST_STEPS },
      },
    },
    truncate: {
      is: 'number',
      integer: true,
      atLeast: 1,
      atMost: 1_000_000,
      optional: true,
      summary: 'gradients flow back at most this many time steps',
    },
  },
} as const satisfies Record<string, Keys>;

export const samplingForm = {
  is: 'object',
  optional: true,
  summary: 'what a trained network of a text task generates; never causes another training',
  keys: {
    temperature: {
      is: 'list',
      of: { is: 'number', above: 0 },
      orOne: true,
      least: 1,
      default: 1,
      summary: '1: as trained; towards 0: only the likeliest; above 1: bolder',
    },
    length: {
      is: 'list',
      of: { is: 'number', integer: true, atLeast: 1, atMost: 1_000_000 },
      orOne: true,
      least: 1,
      default: 30,
      summary: 'how much to generate',
    },
    prompts: {
      is: 'list',
      of: { is: 'text' },
      default: [],
      summary: 'texts to go on from; none: start from a random symbol',
    },
    greedy: { is: 'flag', default: true, summary: 'also always take the likeliest' },
    samples: {
      is: 'number',
      integer: true,
      atLeast: 1,
      atMost: 10_000,
      optional: true,
      default: 1,
      summary: 'texts for each prompt, length and temperature',
    },
  },
} as const satisfies ObjectForm;

export const sweepForm = {
  is: 'object',
  keys: {
    $schema: { is: 'text', optional: true, only: 'file' },
    name: {
      is: 'text',
      pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
      allowed: 'lower-case letters, digits, ".", "_" and "-", a letter or digit first, at most 64',
      summary: 'begins the name of the run folder and of the Temporal workflow',
    },
    description: { ...line, default: '', summary: 'the question, in one line' },
    task: { is: 'object', keys: sectionForms.task, others: true, summary: 'what is learned' },
    model: { is: 'object', keys: sectionForms.model, others: true, summary: 'the network' },
    training: { is: 'object', keys: sectionForms.training, others: true, default: {}, summary: 'how it is trained' },
    sampling: samplingForm,
    corpora: {
      is: 'record',
      of: { is: 'text', pattern: '^sha256:[0-9a-f]{64}$', allowed: 'a text by its hash' },
      optional: true,
      only: 'spec',
    },
    space: {
      is: 'space',
      into: ['task', 'model', 'training'],
      summary: 'what is swept: a dotted path into task, model or training -> its values',
    },
    repeats: {
      is: 'number',
      integer: true,
      atLeast: 1,
      atMost: MOST_REPEATS,
      default: 3,
      summary: 'seeds for each configuration',
    },
    seed: {
      is: 'number',
      integer: true,
      atLeast: 0,
      atMost: 2 ** 32 - 1,
      default: 1,
      summary: 'every random draw of the sweep follows from it',
    },
    search: {
      is: 'entry',
      of: 'searches',
      default: { name: 'grid' },
      summary: 'which configurations of the space are tried',
    },
    scheduler: { is: 'entry', of: 'schedulers', default: { name: 'full' }, summary: 'which trials go on, and how far' },
    objective: {
      is: 'object',
      default: {},
      summary: 'what makes one trial better than another',
      keys: {
        metric: { ...metric, default: 'accuracy' },
        goal: { is: 'choice', of: ['maximize', 'minimize'], optional: 'in file', summary: `left out: ${goalsText()}` },
      },
    },
    budget: {
      is: 'object',
      default: {},
      keys: {
        maxConcurrent: {
          is: 'number',
          integer: true,
          atLeast: 1,
          atMost: MOST_CONCURRENT,
          optional: true,
          summary: 'trials in training at a time',
        },
        maxTrials: {
          is: 'number',
          integer: true,
          atLeast: 1,
          atMost: MOST_TRIALS,
          optional: true,
          summary: 'the sweep is the first so many of its trials; an adaptive one, whole configurations',
        },
        // More than nothing, and few enough digits for a timer: a sweep of 9,999 days is one without a limit.
        wallClock: {
          is: 'text',
          optional: true,
          only: 'file',
          summary: 'start no trial after this long: "90s", "30m", "2h", "1d12h"',
          pattern: DURATION,
          allowed: 'a duration such as "90s", "30m", "2h" or "1d12h"',
        },
        // More than any such duration.
        wallClockSeconds: { is: 'number', above: 0, atMost: 2_000_000_000, optional: true, only: 'spec' },
      },
    },
    resources: {
      is: 'object',
      default: {},
      keys: {
        accelerator: { is: 'choice', of: ['cpu', 'gpu', 'any'], default: 'any', summary: 'where trials are trained' },
      },
    },
    report: {
      is: 'object',
      default: {},
      keys: {
        figures: {
          is: 'list',
          of: { is: 'name', of: 'figures' },
          optional: true,
          summary: 'left out: every figure that applies',
        },
        reference: {
          is: 'object',
          optional: true,
          summary: 'published numbers, to stand beside those of the sweep at the same steps',
          keys: {
            source: { ...line, summary: 'who published them, and where' },
            points: {
              is: 'list',
              least: 1,
              most: 1000,
              of: {
                is: 'object',
                keys: {
                  step: { is: 'number', integer: true, atLeast: 0, atMost: MOST_STEPS },
                  accuracy: { is: 'number', optional: true },
                  loss: { is: 'number', optional: true },
                },
              },
            },
          },
        },
      },
    },
  },
} as const satisfies ObjectForm;
