import { z } from 'zod';
import type { Json } from '../core/json.ts';
import type { Entry } from './types.ts';

export interface OptionDescription {
  name: string;
  description: string;
  /** Undefined: it must be given, or may be left out. */
  default: Json | undefined;
  /** What may be given, as JSON Schema. */
  schema: Readonly<Record<string, unknown>>;
}
export interface EntryDescription {
  name: string;
  summary: string;
  source: string;
  options: OptionDescription[];
}

/** What a registry (cells, tasks, optimizers) has to offer, for `sweep list` and the docs. */
export function describeRegistry(registry: Readonly<Record<string, Entry>>): EntryDescription[] {
  return Object.values(registry).map(({ name, summary, source, options }) => {
    const properties = z.toJSONSchema(options, { io: 'input' }).properties ?? {};
    return {
      name,
      summary,
      source,
      options: Object.entries(properties).map(([option, property]) => {
        const {
          description = '',
          default: initial,
          ...schema
        } = property as Record<string, Json> & { description?: string };
        return { name: option, description, default: initial, schema };
      }),
    };
  });
}
