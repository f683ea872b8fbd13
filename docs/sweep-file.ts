/** The tables of sweep-file.md, made of what checks a sweep file. */
import { z } from 'zod';
import { programSweepForm } from '../core/form/program.ts';
import { sweepForm } from '../core/form/sweep.ts';
import type { Form, Keys, NumberForm } from '../core/form/types.ts';
import type { NumberOptions } from '../core/options.ts';
import { schedulers } from '../core/schedulers/index.ts';
import { searches } from '../core/search/index.ts';
import { dimensions, type Form as PartForm } from '../core/space/index.ts';
import { cells } from '../models/cells/index.ts';
import { optimizers } from '../models/optimizers/index.ts';
import { tasks } from '../models/tasks/index.ts';
import type { Entry } from '../models/types.ts';
import { figures } from '../reports/figures/index.ts';
import { allowedText } from '../sweep-file/explain.ts';
import { sections } from '../sweep-file/schema.ts';
import { cell, code, sentence, table } from './markdown.ts';

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 20 });

/** `"a"`, `"b"` or `"c"`. */
function choiceText(values: readonly unknown[]): string {
  const texts = values.map((value) => code(JSON.stringify(value)));
  return [texts.slice(0, -1).join(', '), ...texts.slice(-1)].filter(Boolean).join(' or ');
}

/** 'a whole number from 1 to 64', 'a number above 0'. */
function numberText({ integer, atLeast, above, atMost }: Omit<NumberForm, 'is'>): string {
  const what = integer ? 'a whole number' : 'a number';
  if (atLeast !== undefined && atMost !== undefined) return `${what} from ${number(atLeast)} to ${number(atMost)}`;
  const bounds = [
    ...(above === undefined ? [] : [`above ${number(above)}`]),
    ...(atLeast === undefined ? [] : [`of at least ${number(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${number(atMost)}`]),
  ];
  return [what, bounds.join(' and ')].join(' ').trimEnd();
}

/** Where the names of a registry stand in the document. */
const named = {
  tasks: '[a task](#tasks)',
  cells: '[a cell](#cells)',
  optimizers: '[an optimizer](#optimizers)',
  figures: '[a figure](#figures)',
  metrics: "a [task's](#tasks) metric",
  searches: '[a search](#searches)',
  schedulers: '[a scheduler](#schedulers)',
} as const;

function listText({ of, orOne, least = 0, most }: Extract<Form, { is: 'list' }>): string {
  if (orOne) return `${typeText(of)}, or a list of them`;
  return `a list${most === undefined ? '' : ` of ${number(least)} to ${number(most)}`}; each value is ${typeText(of)}`;
}

/** What may stand there, in words. */
function typeText(form: Form): string {
  switch (form.is) {
    case 'text':
      return form.allowed === undefined ? 'text' : form.allowed === 'one line' ? 'text, one line' : cell(form.allowed);
    case 'number':
      return numberText(form);
    case 'flag':
      return '`true` or `false`';
    case 'choice':
      return choiceText(form.of);
    case 'name':
      return named[form.of];
    case 'entry':
      return `an object: ${named[form.of]}`;
    case 'list':
      return listText(form);
    case 'space':
      return 'an object: a path → [a dimension](#dimensions)';
    case 'record':
      return form.keys === undefined ? 'an object' : `an object: ${form.keys.allowed} → ${typeText(form.of)}`;
    case 'any':
      return 'any value';
    case 'object':
      return form.exactlyOne === undefined
        ? 'an object'
        : `an object with exactly one of ${form.exactlyOne.map(code).join(' and ')}`;
  }
}

function defaultText(form: Form, required: boolean): string {
  if (form.default !== undefined) return form.is === 'object' ? '' : code(JSON.stringify(form.default));
  return required ? '**required**' : '';
}

/** What an object inside a list or a section is: its own rows follow. */
const innerKeys = (form: Form): [keys: Keys, below: string] | undefined =>
  form.is === 'object'
    ? [form.keys, '.']
    : form.is === 'list' && form.of.is === 'object'
      ? [form.of.keys, '[].']
      : undefined;

function rowsOf(keys: Keys, above: string, optionalHere: (path: string) => boolean): string[][] {
  return Object.entries(keys).flatMap(([key, form]) => {
    if (form.only === 'spec') return [];
    const path = `${above}${key}`;
    const required = form.optional === undefined && !optionalHere(path);
    const [inner, below] = innerKeys(form) ?? [];
    return [
      [code(path), typeText(form), defaultText(form, required), cell(sentence(form.summary ?? MEANINGS[path] ?? ''))],
      ...(inner === undefined ? [] : rowsOf(inner, `${path}${below}`, optionalHere)),
    ];
  });
}

/** Of keys whose names are enough in an editor. */
const MEANINGS: Readonly<Record<string, string>> = {
  $schema: 'the schema beside the file, by which an editor completes and checks it',
  'task.name': 'the task',
  'model.cell': 'the kind of network',
  'training.optimizer': 'the optimizer',
  'training.learningRate': 'η, the size of a step',
  'training.batchSize': 'examples in a training step',
  'training.maxSteps': 'training steps after which a trial ends',
  'training.clip': 'limits gradients; left out: they are taken as they are',
  'training.stopWhen.metric': 'the metric that is watched',
  'training.stopWhen.atLeast': 'it passes from here up',
  'training.stopWhen.atMost': 'it passes from here down',
  'training.decay.factor': 'what the learning rate is multiplied by',
  'training.decay.every': 'training steps between two such times',
  'objective.metric': 'the metric that is compared',
  budget: 'what the sweep may use',
  resources: 'what trials need',
  report: 'what the report shows',
  'report.reference.points': 'the numbers',
  'report.reference.points[].step': 'the training step that they belong to',
  'report.reference.points[].accuracy': 'the accuracy there',
  'report.reference.points[].loss': 'the loss there',
};

/** `space` may give what these leave out. */
const selectors = Object.entries(sections).map(([section, { key }]) => `${section}.${key}`);
const maySpaceGive = (path: string) => selectors.includes(path) || ['$schema', 'task', 'model'].includes(path);
const inSpace = (rows: string[][]) =>
  rows.map(([path = '', type = '', given = '', meaning = '']) => [
    path,
    type,
    given === '' && selectors.some((selector) => path === code(selector)) ? '**required**, here or in `space`' : given,
    meaning,
  ]);

const keyTable = (keys: Keys): string =>
  table(['key', 'value', 'default', 'meaning'], inSpace(rowsOf(keys, '', maySpaceGive)));

interface Described {
  summary: string;
  source?: string;
  options: string[][];
  metrics?: Readonly<Record<string, string>>;
}

/** What a schema allows, in the same words as numberText. */
function valueText(schema: z.ZodType): string {
  const { enum: values } = z.toJSONSchema(schema, { io: 'input' });
  if (values !== undefined) return choiceText(values);
  return allowedText(schema)
    .replace('true or false', '`true` or `false`')
    .replace(/(?<![\d.])\d{4,}/g, (digits) => number(Number(digits)))
    .replace(/≥ (\S+) and ≤ /, 'from $1 to ')
    .replace('≥', 'of at least')
    .replace('>', 'above')
    .replace('≤', 'at most')
    .replace('<', 'below');
}

function ofModels(
  registry: Readonly<
    Record<
      string,
      Pick<Entry, 'summary' | 'source' | 'options'> & {
        metrics?: Readonly<Record<string, { meaning: string } | undefined>>;
      }
    >
  >,
) {
  return Object.entries(registry).map(([name, { summary, source, options, metrics }]): [string, Described] => [
    name,
    {
      summary,
      source,
      ...(metrics !== undefined && {
        metrics: Object.fromEntries(Object.entries(metrics).map(([metric, told]) => [metric, told?.meaning ?? ''])),
      }),
      options: Object.entries(options.shape).map(([key, schema]) => {
        const { data } = schema.safeParse(undefined);
        const fallback = data === undefined ? '' : code(JSON.stringify(data));
        return [code(key), valueText(schema), fallback, cell(sentence(schema.description ?? ''))];
      }),
    },
  ]);
}

function ofCore(registry: Readonly<Record<string, { summary: string; source?: string; options: NumberOptions }>>) {
  return Object.entries(registry).map(([name, { summary, source, options }]): [string, Described] => [
    name,
    {
      summary,
      ...(source !== undefined && { source }),
      options: Object.entries(options).map(([key, option]) => [
        code(key),
        numberText({
          ...(option.integer && { integer: true }),
          atLeast: option.atLeast,
          ...(option.atMost !== undefined && { atMost: option.atMost }),
        }),
        option.default !== undefined ? code(String(option.default)) : cell(option.optional ?? '**required**'),
        cell(sentence(option.summary)),
      ]),
    },
  ]);
}

/** A heading an entry, and what it has. */
function entries(all: [name: string, Described][]): string {
  const parts = all.flatMap(([name, { summary, source, options, metrics = {} }]) => [
    `### ${name}`,
    [sentence(summary), ...(source === undefined ? [] : [`Source: ${source}.`])].join(' ').replaceAll('<', '&lt;'),
    ...(options.length === 0 ? [] : [table(['option', 'value', 'default', 'meaning'], options)]),
    ...(Object.keys(metrics).length === 0
      ? []
      : [
          table(
            ['metric', 'meaning'],
            Object.entries(metrics).map(([key, text]) => [code(key), cell(sentence(text))]),
          ),
        ]),
  ]);
  return parts.join('\n\n');
}

const parts: Record<PartForm, string> = {
  values: 'a list of values, each once, at least one',
  number: 'a number',
  bounds: 'two numbers, the lower first',
  'integer bounds': 'two whole numbers, the lower first',
};

const dimensionTable = (): string =>
  table(
    ['kind', 'keys', 'meaning'],
    Object.entries(dimensions).map(([name, { summary, form }]) => [
      code(name),
      Object.entries<PartForm>(form)
        .map(([key, part]) => `${code(key)}: ${parts[part]}`)
        .join('; '),
      cell(sentence(summary)),
    ]),
  );

const figureTable = (): string =>
  table(
    ['figure', 'what it shows'],
    Object.entries(figures).map(([name, { summary }]) => [code(name), cell(sentence(summary))]),
  );

/** The sections that a program has in the place of a network's. */
const programTable = (): string => {
  const { program, parameters, training, objective } = programSweepForm.keys;
  const rows = rowsOf({ program, parameters, training, objective }, '', () => false);
  return table(['key', 'value', 'default', 'meaning'], rows);
};

export const sweepFileBlocks = (): Record<string, string> => ({
  keys: keyTable(sweepForm.keys),
  program: programTable(),
  dimensions: dimensionTable(),
  tasks: entries(ofModels(tasks)),
  cells: entries(ofModels(cells)),
  optimizers: entries(ofModels(optimizers)),
  searches: entries(ofCore(searches)),
  schedulers: entries(ofCore(schedulers)),
  figures: figureTable(),
});
