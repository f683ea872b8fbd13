/**
 * The description of a sweep whose trials are runs of a program: the sections that it has in the place of a network's
 * task, model and training, and all else as any sweep has it.
 */
import { DURATION, MEMORY } from '../duration.ts';
import { MOST_STEPS } from './limits.ts';
import { sweepForm } from './sweep.ts';
import type { Keys, ObjectForm } from './types.ts';

/** A path in the program's folder: relative, with '/', and staying inside. */
const PATH = '^(?!(.*/)?\\.{0,2}(/|$))[^\\\\\\u0000-\\u001f]{1,200}$';
const NAME = '^[A-Za-z_][A-Za-z0-9_]{0,79}$';
const steps = { is: 'number', integer: true, atLeast: 1, atMost: MOST_STEPS } as const;

export const programForms = {
  program: {
    command: {
      is: 'list',
      of: { is: 'text', pattern: '^[^\\u0000]+$', allowed: 'a word' },
      least: 1,
      most: 100,
      summary: 'what is run, as it stands and without a shell: ["python3", "train.py"]',
    },
    arguments: {
      is: 'choice',
      of: ['flags', 'json', 'none'],
      default: 'flags',
      summary: 'how parameters follow the command: --learningRate=0.01 each, as one JSON argument, or not at all',
    },
    files: {
      is: 'list',
      of: { is: 'text' },
      default: [],
      only: 'file',
      summary:
        'what it is made of: paths from the sweep file, with * and **. A change of one makes other trials; each attempt has its own copies, and runs among them',
    },
    hashes: {
      is: 'record',
      of: { is: 'text', pattern: '^sha256:[0-9a-f]{64}$', allowed: 'a file by its hash' },
      keys: { pattern: PATH, allowed: 'a path in the folder of the program' },
      only: 'spec',
    },
    environment: {
      is: 'record',
      of: { is: 'text', pattern: '^[^\\u0000]*$', allowed: 'a text' },
      keys: { pattern: NAME, allowed: 'the name of a variable' },
      default: {},
      summary: 'variables that it gets; the values stand in the run folder, so that no secret belongs here',
    },
    pass: {
      is: 'list',
      of: { is: 'text', pattern: NAME, allowed: 'the name of a variable' },
      default: [],
      summary: "variables that it gets from the worker's environment, and whose values are kept out of every file",
    },
    metrics: {
      is: 'record',
      of: {
        is: 'object',
        keys: {
          goal: { is: 'choice', of: ['maximize', 'minimize'], summary: 'which values are better' },
          range: {
            is: 'list',
            of: { is: 'number' },
            least: 2,
            most: 2,
            optional: true,
            summary: 'the least and the largest that it can be: intervals are clipped to it',
          },
        },
      },
      keys: { pattern: NAME, allowed: 'the name of a metric' },
      summary: 'what it reports, by name',
    },
    read: {
      is: 'record',
      of: { is: 'text' },
      keys: { pattern: NAME, allowed: 'the name of a metric, or step' },
      optional: true,
      summary:
        'for a program that cannot be changed: patterns by which values are found in the lines that it prints. The first group is the value, and counts for the latest step; without a pattern for "step" steps are counted 1, 2, …',
    },
    seedAs: {
      is: 'text',
      pattern: NAME,
      allowed: 'the name of a parameter',
      optional: true,
      summary: "the parameter that also gets the trial's seed",
    },
    stepsAs: {
      is: 'text',
      pattern: NAME,
      allowed: 'the name of a parameter',
      optional: true,
      summary: 'the parameter that also gets the step to train to',
    },
    resumes: {
      is: 'flag',
      default: false,
      summary: 'it saves checkpoints and goes on from them; else whatever ends it on its way makes it begin anew',
    },
    silence: {
      is: 'text',
      pattern: DURATION,
      allowed: 'a duration such as "90s", "10m" or "2h"',
      optional: true,
      summary: 'it is ended once it has said nothing for so long',
    },
    memory: {
      is: 'text',
      pattern: MEMORY,
      allowed: 'an amount such as "512MiB" or "2GiB"',
      optional: true,
      summary: 'what its processes may have together',
    },
    step: {
      is: 'text',
      pattern: '^[A-Za-z][A-Za-z ]{0,39}$',
      allowed: 'a word',
      default: 'step',
      summary: 'what it calls a step: "epoch"',
    },
  },
  training: {
    maxSteps: {
      ...steps,
      summary: 'the step after which a trial ends; what a step is, is the business of the program',
    },
    evaluateEvery: { ...steps, default: 1, summary: 'steps between two reports of its metrics' },
  },
} as const satisfies Record<string, Keys>;

const { task: _, model: __, training: ___, sampling: ____, corpora: _____, ...common } = sweepForm.keys;

export const programSweepForm = {
  is: 'object',
  keys: {
    ...common,
    program: { is: 'object', keys: programForms.program, summary: 'what a trial runs' },
    parameters: {
      is: 'record',
      of: { is: 'any' },
      keys: { pattern: NAME, allowed: 'the name of a parameter' },
      default: {},
      summary: 'what it is given, by name; those of space come on top',
    },
    training: { is: 'object', keys: programForms.training, summary: 'how far it is run' },
    space: {
      is: 'space',
      into: ['parameters', 'training'],
      summary: 'what is swept: a dotted path into parameters -> its values',
    },
    objective: {
      ...common.objective,
      keys: {
        metric: { is: 'text', optional: 'in file', summary: 'left out: the first of the metrics' },
        goal: { ...common.objective.keys.goal, summary: "left out: the metric's own" },
      },
    },
  },
} as const satisfies ObjectForm;
