/**
 * The form of a sweep file (core/form/) as zod schemas, with the registries' own options; the JSON Schema for editors
 * is made of them.
 */
import { z } from 'zod';
import { programForms, programSweepForm } from '../core/form/program.ts';
import { samplingForm, sectionForms, sweepForm } from '../core/form/sweep.ts';
import type { Form, Keys, NumberForm, ObjectForm, RecordForm, TextForm, ValueOf } from '../core/form/types.ts';
import type { NumberOption, NumberOptions } from '../core/options.ts';
import { schedulers } from '../core/schedulers/index.ts';
import { searches } from '../core/search/index.ts';
import { cells } from '../models/cells/index.ts';
import { optimizers } from '../models/optimizers/index.ts';
import { tasks } from '../models/tasks/index.ts';
import { figures } from '../reports/figures/index.ts';

type Summaries = Readonly<Record<string, { summary: string }>>;
type Entries = Readonly<Record<string, { summary: string; options: z.ZodObject }>>;

const metricNames = [...new Set(Object.values(tasks).flatMap(({ metrics }) => Object.keys(metrics)))] as [
  string,
  ...string[],
];

/** A name of the registry, each with its summary for editors. `noun` is what an error calls one: 'an optimizer'. */
function nameOf(registry: Summaries, noun: string): z.ZodType {
  const names = Object.keys(registry) as [string, ...string[]];
  return z.enum(names).meta({ title: noun, enumDescriptions: names.map((name) => registry[name]?.summary ?? '') });
}

const registered: Record<Extract<Form, { is: 'name' }>['of'], () => z.ZodType> = {
  tasks: () => nameOf(tasks, 'a task'),
  cells: () => nameOf(cells, 'a cell'),
  optimizers: () => nameOf(optimizers, 'an optimizer'),
  figures: () => nameOf(figures, 'a figure'),
  metrics: () => z.enum(metricNames).meta({ title: 'a metric' }),
};

function textSchema({ pattern, allowed }: TextForm): z.ZodType {
  return pattern === undefined
    ? z.string()
    : z.string().regex(new RegExp(pattern)).meta({ patternErrorMessage: allowed });
}

function numberOf({ integer, atLeast, above, atMost }: NumberForm): z.ZodType {
  let schema: z.ZodNumber | z.ZodInt = integer ? z.int() : z.number();
  if (above !== undefined) schema = schema.gt(above);
  if (atLeast !== undefined) schema = schema.min(atLeast);
  return atMost === undefined ? schema : schema.max(atMost);
}

/** A value, or a list of them; always a list in the end. */
const oneOrMore = (value: z.ZodType) => z.union([value.transform((v) => [v]), z.array(value).min(1)]);

function listSchema(of: z.ZodType, { least, most, orOne }: Extract<Form, { is: 'list' }>): z.ZodType {
  if (orOne) return oneOrMore(of);
  const list = z.array(of);
  const long = least === undefined ? list : list.min(least);
  return most === undefined ? long : long.max(most);
}

function objectSchema({ keys, exactlyOne }: ObjectForm): z.ZodType {
  const shape = shapeOf(keys);
  if (exactlyOne === undefined) return z.strictObject(shape);
  const schema = z
    .strictObject(shape)
    .refine((value) => exactlyOne.filter((key) => key in value).length === 1, `takes one of ${exactlyOne.join(', ')}`);
  // JSON Schema can say it only of an object that has no other keys.
  return exactlyOne.length === Object.keys(keys).length ? schema.meta({ minProperties: 1, maxProperties: 1 }) : schema;
}

function bareSchema(form: Form): z.ZodType {
  switch (form.is) {
    case 'text':
      return textSchema(form);
    case 'number':
      return numberOf(form);
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(form.of);
    case 'name':
      return registered[form.of]();
    case 'list':
      return listSchema(schemaOf(form.of), form);
    case 'record':
      return z.record(keyOf(form), schemaOf(form.of));
    case 'any':
      return z.json();
    case 'space':
      return z.record(z.string(), z.unknown());
    case 'entry':
      return form.of === 'searches' ? entrySchema(searches, 'a search') : entrySchema(schedulers, 'a scheduler');
    case 'object':
      return objectSchema(form);
  }
}

const keyOf = ({ keys }: RecordForm): z.ZodString =>
  keys === undefined ? z.string() : z.string().regex(new RegExp(keys.pattern), `allowed: ${keys.allowed}`);

/** Defaults that are not yet as the schema makes them are put in before it looks. */
const isGiven = ({ is }: Form) => is === 'object' || is === 'entry' || is === 'list';

function withDefault(schema: z.ZodType, form: Form): z.ZodType {
  if (form.default !== undefined)
    return isGiven(form) && !Array.isArray(form.default) ? schema.prefault(form.default) : schema.default(form.default);
  return form.optional === undefined ? schema : schema.optional();
}

/** `bare`: what stands there, made elsewhere. */
function schemaOf(form: Form, bare = bareSchema(form)): z.ZodType {
  const schema = withDefault(bare, form);
  return form.summary === undefined ? schema : schema.describe(form.summary);
}

const shapeOf = (keys: Keys): z.ZodRawShape =>
  Object.fromEntries(
    Object.entries(keys).flatMap(([key, form]) => (form.only === 'spec' ? [] : [[key, schemaOf(form)]])),
  );

/** A section whose `key` names an entry of a registry, and which holds the section's own options beside the entry's. */
interface Section {
  key: string;
  registry: Entries;
  own: z.ZodRawShape;
}

export const sections: Record<'task' | 'model' | 'training', Section> = {
  task: { key: 'name', registry: tasks, own: shapeOf(sectionForms.task) },
  model: { key: 'cell', registry: cells, own: shapeOf(sectionForms.model) },
  training: { key: 'optimizer', registry: optimizers, own: shapeOf(sectionForms.training) },
};
export type SectionName = keyof typeof sections;
export const sectionNames = Object.keys(sections) as SectionName[];
export const isSection = (name: string | undefined): name is SectionName => Object.hasOwn(sections, name ?? '');

/** Optional, and without the default (which is filled in when training starts), but telling of it. */
function optional(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodDefault)) return schema.optional();
  const { description } = schema;
  const inner = (schema.unwrap() as z.ZodType).optional();
  return inner.meta({ ...(description !== undefined && { description }), default: schema.def.defaultValue });
}

const sameForm = (a: z.ZodType, b: z.ZodType) =>
  JSON.stringify(z.toJSONSchema(a)) === JSON.stringify(z.toJSONSchema(b));
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
function entrySchema(registry: Readonly<Record<string, { summary: string; options: NumberOptions }>>, noun: string) {
  const forms = Object.entries(registry).map(([name, { summary, options }]) =>
    z.strictObject({
      name: z.literal(name).meta({ title: noun, description: summary }),
      ...Object.fromEntries(Object.entries(options).map(([key, option]) => [key, numberSchema(option)])),
    }),
  );
  return z.discriminatedUnion('name', forms as [(typeof forms)[number], ...typeof forms]);
}

export const sampling = objectSchema(samplingForm) as z.ZodObject;

const sweepKeys = sweepForm.keys;
export const sweepFile = z.strictObject({
  ...shapeOf(sweepKeys),
  ...Object.fromEntries(sectionNames.map((name) => [name, schemaOf(sweepKeys[name], sectionSchema(name))])),
}) as unknown as z.ZodObject;

export const programTraining = z.strictObject(shapeOf(programForms.training)) as unknown as z.ZodObject;
/** A sweep of a program: its sections in the place of a network's. */
export const programFile = objectSchema(programSweepForm) as unknown as z.ZodObject;

export type SweepFile = ValueOf<typeof sweepForm, 'file'>;
