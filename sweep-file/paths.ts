/** Dotted paths into task, model and training: what they may name in this sweep, and what is allowed there. */
import { z } from 'zod';
import { getPath, type JsonObject } from '../core/json.ts';
import type { Dimension } from '../core/space/index.ts';
import { sectionSchema, sections, type SectionName } from './schema.ts';

export type Space = Readonly<Record<string, Dimension>>;

/** The sweep's task, model and training with defaults, as far as the file gives them. */
export type Parts = JsonObject;

/** The names that a section's key has in this sweep: the spec's own, those that the space gives it, or both. */
export function namesOf(section: SectionName, parts: Parts, space: Space): string[] {
  const { key, registry } = sections[section];
  const dimension = space[`${section}.${key}`];
  const swept = dimension !== undefined && 'choice' in dimension ? dimension.choice : [];
  const all =
    dimension !== undefined && dimension.when === undefined ? swept : [getPath(parts, [section, key]), ...swept];
  const known = all.filter((name): name is string => typeof name === 'string' && Object.hasOwn(registry, name));
  return known.length > 0 ? [...new Set(known)] : Object.keys(registry); // nothing but wrong names: said where they stand
}

/** The section's task, cells or optimizers that have an option of that name. */
export function knowing(section: SectionName, option: string): string[] {
  const { registry } = sections[section];
  return Object.keys(registry).filter((name) => Object.hasOwn(registry[name]?.options.shape ?? {}, option));
}

function unwrapped(schema: z.ZodType): z.ZodType {
  const wraps = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wraps ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}

/** What is allowed at a path below an object's schema; undefined where the path names nothing. */
export function schemaAt(schema: z.ZodType, path: readonly string[]): z.ZodType | undefined {
  const here = unwrapped(schema);
  const [key, ...rest] = path;
  if (key === undefined) return here;
  if (!(here instanceof z.ZodObject) || !Object.hasOwn(here.shape, key)) return undefined;
  return schemaAt(here.shape[key] as z.ZodType, rest);
}

/**
 * Whether the key at a path below an object's schema may be left out and means something then, beside a default: null
 * among a dimension's values leaves it out.
 */
export function optionalAt(schema: z.ZodType, path: readonly string[]): boolean {
  const parent = schemaAt(schema, path.slice(0, -1));
  const own = parent instanceof z.ZodObject ? (parent.shape[path.at(-1) ?? ''] as z.ZodType | undefined) : undefined;
  return own instanceof z.ZodOptional && own.meta()?.['default'] === undefined;
}

/**
 * Every path that names something in a section with these names: 'training.clip' and 'training.clip.norm' among them.
 */
export function pathsIn(section: SectionName, names = Object.keys(sections[section].registry)): string[] {
  const walk = (prefix: string, schema: z.ZodType): string[] => {
    const here = unwrapped(schema);
    const shape = here instanceof z.ZodObject ? here.shape : {};
    return Object.entries(shape).flatMap(([key, inner]) => [
      `${prefix}.${key}`,
      ...walk(`${prefix}.${key}`, inner as z.ZodType),
    ]);
  };
  return walk(section, sectionSchema(section, names));
}
