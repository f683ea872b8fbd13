/** `sweep list`: what a sweep file can name. */
import { UserError } from '../../../core/errors.ts';
import type { NumberOptions } from '../../../core/options.ts';
import { schedulers } from '../../../core/schedulers/index.ts';
import { searches } from '../../../core/search/index.ts';
import { dimensions } from '../../../core/space/index.ts';
import { cells } from '../../../models/cells/index.ts';
import { optimizers } from '../../../models/optimizers/index.ts';
import { tasks } from '../../../models/tasks/index.ts';
import type { Entry } from '../../../models/types.ts';
import { figures } from '../../../reports/figures/index.ts';
import { allowedText } from '../../../sweep-file/explain.ts';
import { didYouMean } from '../../../sweep-file/problem.ts';
import { jsonText, say } from '../../ui/output.ts';
import { styleOf, type Style } from '../../ui/style.ts';
import { table } from '../../ui/table.ts';

interface ListedOption {
  name: string;
  summary: string;
  allowed: string;
  default?: unknown;
}
interface ListedEntry {
  name: string;
  summary: string;
  source?: string;
  options: ListedOption[];
  metrics?: Record<string, string>;
}
interface Registry {
  summary: string;
  entries(): ListedEntry[];
}

type Described = Pick<Entry, 'summary' | 'source' | 'options'> & { metrics?: Record<string, { meaning: string }> };

const meaningsOf = (metrics: Record<string, { meaning: string }>): Record<string, string> =>
  Object.fromEntries(Object.entries(metrics).map(([name, { meaning }]) => [name, meaning]));

function ofModels(registry: Readonly<Record<string, Described>>): ListedEntry[] {
  return Object.entries(registry).map(([name, { summary, source, options, metrics }]) => ({
    name,
    summary,
    source,
    ...(metrics && { metrics: meaningsOf(metrics) }),
    options: Object.entries(options.shape).map(([key, schema]) => {
      const { success, data } = schema.safeParse(undefined);
      const known = success && data !== undefined ? { default: data } : {};
      return { name: key, summary: schema.description ?? '', allowed: allowedText(schema), ...known };
    }),
  }));
}

function ofCore(
  registry: Readonly<Record<string, { summary: string; source?: string; options: NumberOptions }>>,
): ListedEntry[] {
  return Object.entries(registry).map(([name, { summary, source, options }]) => ({
    name,
    summary,
    ...(source !== undefined && { source }),
    options: Object.entries(options).map(([key, option]) => ({
      name: key,
      summary: option.optional === undefined ? option.summary : `${option.summary}; left out: ${option.optional}`,
      allowed: [
        `a ${option.integer ? 'whole ' : ''}number ≥ ${option.atLeast}`,
        ...(option.atMost === undefined ? [] : [`≤ ${option.atMost}`]),
      ].join(' and '),
      ...(option.default !== undefined && { default: option.default }),
    })),
  }));
}

const plain = (registry: Readonly<Record<string, { summary: string }>>): ListedEntry[] =>
  Object.entries(registry).map(([name, { summary }]) => ({ name, summary, options: [] }));

const registries: Readonly<Record<string, Registry>> = {
  cells: { summary: 'model.cell', entries: () => ofModels(cells) },
  tasks: { summary: 'task.name', entries: () => ofModels(tasks) },
  optimizers: { summary: 'training.optimizer', entries: () => ofModels(optimizers) },
  dimensions: { summary: 'what stands under a path in space', entries: () => plain(dimensions) },
  searches: { summary: 'search.name', entries: () => ofCore(searches) },
  schedulers: { summary: 'scheduler.name', entries: () => ofCore(schedulers) },
  figures: { summary: 'report.figures', entries: () => plain(figures) },
};

function briefly({ entries }: Registry): string[] {
  return table(entries().map(({ name, summary }) => [name, summary])).map((line) => `  ${line}`);
}

function fully({ entries }: Registry, style: Style): string[] {
  const allowed = (o: ListedOption) =>
    o.default === undefined ? o.allowed : `${o.allowed}; default ${JSON.stringify(o.default)}`;
  return entries().flatMap(({ name, summary, source, options, metrics = {} }) => [
    `  ${style.bold(name)}  ${summary}${source === undefined ? '' : style.dim(`  [${source}]`)}`,
    ...[
      ...table(options.map((o) => [o.name, allowed(o), o.summary])),
      ...table(Object.entries(metrics).map(([metric, meaning]) => [metric, `metric: ${meaning}`])),
    ].map((line) => `      ${line}`),
  ]);
}

export function list(what: string | undefined, { json = false }: { json?: boolean }): void {
  const style = styleOf(process.stdout);
  const names = Object.keys(registries);
  const chosen = what === undefined || !Object.hasOwn(registries, what) ? undefined : registries[what];
  if (what !== undefined && chosen === undefined) {
    throw new UserError(
      `list: ${JSON.stringify(what)} is nothing to list; allowed: ${names.join(', ')}${didYouMean(what, names)}`,
      2,
    );
  }
  const all = Object.entries(registries);
  const text = json
    ? jsonText(chosen?.entries() ?? Object.fromEntries(all.map(([name, { entries }]) => [name, entries()])), 2)
    : chosen
      ? fully(chosen, style).join('\n')
      : all
          .map(([name, registry]) =>
            [`${style.bold(name)}  ${style.dim(registry.summary)}`, ...briefly(registry)].join('\n'),
          )
          .join('\n\n');
  say(text);
}
