/** The form of a sweep file as zod schemas, put together from the registries; the JSON Schema for editors is made of it. */
import { z } from 'zod';
import { MOST_CONCURRENT } from '../core/control.ts';
import { MOST_BATCH, MOST_EVALUATED, MOST_LAYERS, MOST_POINTS, MOST_REPEATS, MOST_STEPS, MOST_TRIALS, MOST_UNITS } from '../core/form.ts';
import type { NumberOption, NumberOptions } from '../core/options.ts';
import { schedulers } from '../core/schedulers/index.ts';
import { searches } from '../core/search/index.ts';
import { cells } from '../models/cells/index.ts';
import { optimizers } from '../models/optimizers/index.ts';
import { tasks } from '../models/tasks/index.ts';
import { figures } from '../reports/figures/index.ts';

type Summaries = Readonly<Record<string, { summary: string }>>;
type Entries = Readonly<Record<string, { summary: string; options: z.ZodObject }>>;

/** The registry's names, each with its summary for editors. `noun` is what an error calls one: 'an optimizer'. */
function nameOf(registry: Summaries, noun: string) {
  const names = Object.keys(registry) as [string, ...string[]];
  return z.enum(names).meta({ title: noun, enumDescriptions: names.map((name) => registry[name]?.summary ?? '') });
}

const metricNames = [...new Set(Object.values(tasks).flatMap(({ metrics }) => Object.keys(metrics)))] as [string, ...string[]];
const metric = z.enum(metricNames).meta({ title: 'a metric' });

/** Exactly one of an object's keys. JSON Schema says it with minProperties and maxProperties. */
const exactlyOne = (keys: string[]) => (value: object) => keys.filter((key) => key in value).length === 1;

const clip = z.strictObject({
  norm: z.number().positive().optional().describe('scale all gradients together so that their norm is at most this'),
  value: z.number().positive().optional().describe('cut every gradient to ± this'),
}).refine(exactlyOne(['norm', 'value']), 'takes one of norm, value').meta({ minProperties: 1, maxProperties: 1 });

const stopWhen = z.strictObject({
  metric,
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  evaluations: z.int().min(1).max(1_000_000).default(1).describe('evaluations in a row that must pass'),
}).refine(exactlyOne(['atLeast', 'atMost']), 'takes one of atLeast, atMost');

/** A section whose `key` names an entry of a registry, and which holds the section's own options beside the entry's. */
interface Section { key: string; noun: string; registry: Entries; own: z.ZodRawShape }

export const sections: Record<'task' | 'model' | 'training', Section> = {
  task: { key: 'name', noun: 'a task', registry: tasks, own: { name: nameOf(tasks, 'a task') } },
  model: {
    key: 'cell',
    noun: 'a cell',
    registry: cells,
    own: {
      cell: nameOf(cells, 'a cell'),
      hiddenUnits: z.int().min(1).max(MOST_UNITS).default(128).describe('units in each layer'),
      layers: z.int().min(1).max(MOST_LAYERS).default(1).describe('cells on top of each other'),
    },
  },
  training: {
    key: 'optimizer',
    noun: 'an optimizer',
    registry: optimizers,
    own: {
      optimizer: nameOf(optimizers, 'an optimizer').default('rmsprop'),
      learningRate: z.number().positive().default(0.001),
      batchSize: z.int().min(1).max(MOST_BATCH).default(128),
      maxSteps: z.int().min(1).max(MOST_STEPS).default(10_000),
      evaluateEvery: z.int().min(1).max(MOST_STEPS).default(100).describe('training steps between two evaluations'),
      // 1,024 examples: an accuracy near 0.99 has a standard error of 0.003.
      evaluationSize: z.int().min(1).max(MOST_EVALUATED).default(1024).describe('fresh examples that an evaluation looks at'),
      clip: clip.optional(),
      stopWhen: stopWhen.optional().describe('training ends early once a metric has passed a bound'),
      decay: z.strictObject({ factor: z.number().positive().max(1), every: z.int().min(1).max(MOST_STEPS) }).optional()
        .describe('learning rate × factor^⌊step / every⌋'),
      truncate: z.int().min(1).max(1_000_000).optional().describe('gradients flow back at most this many time steps'),
    },
  },
};
export type SectionName = keyof typeof sections;
export const sectionNames = Object.keys(sections) as SectionName[];
export const isSection = (name: string | undefined): name is SectionName => name !== undefined && Object.hasOwn(sections, name);

/** Optional, and without the default (which is filled in when training starts), but telling of it. */
function optional(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodDefault)) return schema.optional();
  const { description } = schema;
  const inner = (schema.unwrap() as z.ZodType).optional();
  return inner.meta({ ...(description !== undefined && { description }), default: schema.def.defaultValue });
}

const sameForm = (a: z.ZodType, b: z.ZodType) => JSON.stringify(z.toJSONSchema(a)) === JSON.stringify(z.toJSONSchema(b));
const sectionSchemas = new Map<string, z.ZodObject>();

/** A section with the options of all the named entries; its own keys come first and win. */
export function sectionSchema(section: SectionName, names = Object.keys(sections[section].registry)): z.ZodObject {
  const id = [section, ...names].join(' ');
  const known = sectionSchemas.get(id);
  if (known !== undefined) return known;
  const { own, registry } = sections[section];
  const options: Record<string, z.ZodType> = {};
  for (const name of names) {
    for (const [key, given] of Object.entries(registry[name]?.options.shape ?? {})) {
      const schema = optional(given as z.ZodType);
      const other = options[key];
      options[key] = other === undefined || sameForm(other, schema) ? schema : z.union([other, schema]);
    }
  }
  const made = z.strictObject({ ...own, ...options, ...own });
  sectionSchemas.set(id, made);
  return made;
}

function numberSchema({ summary, integer, atLeast, atMost, default: fallback, optional }: NumberOption): z.ZodType {
  const bounded = (integer ? z.int() : z.number()).min(atLeast).max(atMost ?? Number.MAX_SAFE_INTEGER);
  if (optional !== undefined) return bounded.optional().describe(`${summary}; left out: ${optional}`);
  return (fallback === undefined ? bounded : bounded.default(fallback)).describe(summary);
}

/** {name, …options}, by name. */
function named(registry: Readonly<Record<string, { summary: string; options: NumberOptions }>>, noun: string) {
  const forms = Object.entries(registry).map(([name, { summary, options }]) => z.strictObject({
    name: z.literal(name).meta({ title: noun, description: summary }),
    ...Object.fromEntries(Object.entries(options).map(([key, option]) => [key, numberSchema(option)])),
  }));
  return z.discriminatedUnion('name', forms as [(typeof forms)[number], ...typeof forms]);
}

/** A value, or a list of them; always a list in the end. */
const oneOrMore = <T extends z.ZodType>(value: T) => z.union([value.transform((v) => [v]), z.array(value).min(1)]);

export const sampling = z.strictObject({
  temperature: oneOrMore(z.number().positive()).prefault(1).describe('1: as trained; towards 0: only the likeliest; above 1: bolder'),
  length: oneOrMore(z.int().min(1).max(1_000_000)).prefault(30).describe('how much to generate'),
  prompts: z.array(z.string()).default([]).describe('texts to go on from; none: start from a random symbol'),
  greedy: z.boolean().default(true).describe('also always take the likeliest'),
  samples: z.int().min(1).max(10_000).default(1).describe('texts for each prompt, length and temperature'),
});

const line = { pattern: /^[^\n\t]*$/, allowed: 'one line' };
// More than nothing, and few enough digits for a timer: a sweep of 9,999 days is one without a limit.
const duration = { pattern: /^(?=.*[1-9])(\d{1,4}d)?(\d{1,4}h)?(\d{1,6}m)?(\d{1,8}s)?$/, allowed: 'a duration such as "90s", "30m", "2h" or "1d12h"' };
const slug = {
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  allowed: 'lower-case letters, digits, ".", "_" and "-", a letter or digit first, at most 64',
};
function text({ pattern, allowed }: { pattern: RegExp; allowed: string }) {
  return z.string().regex(pattern).meta({ patternErrorMessage: allowed });
}

export const sweepFile = z.strictObject({
  $schema: z.string().optional(),
  name: text(slug).describe('begins the name of the run folder and of the Temporal workflow'),
  description: text(line).default('').describe('the question, in one line'),
  task: sectionSchema('task').describe('what is learned'),
  model: sectionSchema('model').describe('the network'),
  training: sectionSchema('training').prefault({}).describe('how it is trained'),
  sampling: sampling.optional().describe('what a trained network of a text task generates; never causes another training'),
  space: z.record(z.string(), z.unknown()).describe('what is swept: a dotted path into task, model or training -> its values'),
  repeats: z.int().min(1).max(MOST_REPEATS).default(3).describe('seeds for each configuration'),
  seed: z.int().min(0).max(2 ** 32 - 1).default(1).describe('every random draw of the sweep follows from it'),
  search: named(searches, 'a search').prefault({ name: 'grid' }).describe('which configurations of the space are tried'),
  scheduler: named(schedulers, 'a scheduler').prefault({ name: 'full' }).describe('which trials go on, and how far'),
  objective: z.strictObject({
    metric: metric.default('accuracy'),
    goal: z.enum(['maximize', 'minimize']).optional().describe('left out: maximize an accuracy, minimize anything else'),
  }).prefault({}).describe('what makes one trial better than another'),
  budget: z.strictObject({
    maxConcurrent: z.int().min(1).max(MOST_CONCURRENT).optional().describe('trials in training at a time'),
    maxTrials: z.int().min(1).max(MOST_TRIALS).optional().describe('the sweep is the first so many of its trials; an adaptive one, whole configurations'),
    wallClock: text(duration).optional().describe('start no trial after this long: "90s", "30m", "2h", "1d12h"'),
  }).prefault({}),
  resources: z.strictObject({
    accelerator: z.enum(['cpu', 'gpu', 'any']).default('any').describe('where trials are trained'),
  }).prefault({}),
  report: z.strictObject({
    figures: z.array(nameOf(figures, 'a figure')).optional().describe('left out: every figure that applies'),
    reference: z.strictObject({
      source: text(line).describe('who published them, and where'),
      points: z.array(z.strictObject({
        step: z.int().min(0).max(MOST_STEPS), accuracy: z.number().optional(), loss: z.number().optional(),
      })).min(1).max(MOST_POINTS),
    }).optional().describe('published numbers, to stand beside those of the sweep at the same steps'),
  }).prefault({}),
});

export type SweepFile = z.output<typeof sweepFile>;
