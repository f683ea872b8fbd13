import { UserError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { z } from 'zod';
import type { Entry, OptionsOf } from './types.ts';

/**
 * The entry's own options out of a spec's section, with defaults filled in. Keys that belong to the section at large,
 * or to another entry of a sweep, are left alone; the spec has already refused those that belong to none.
 */
export function ownOptions<S extends z.ZodObject>(
  entry: Entry<S>,
  section: Readonly<Record<string, unknown>>,
): OptionsOf<S> {
  const own = Object.keys(entry.options.shape).filter((key) => section[key] !== undefined);
  const parsed = entry.options.safeParse(Object.fromEntries(own.map((key) => [key, section[key]])));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${entry.name}'s ${issue.path.join('.')}: ${issue.message}`);
  throw new UserError(problems.join('; '), 2);
}

/** The registry's entry of that name; throws a UserError that lists the names if there is none. */
export function entryOf<E>(registry: Readonly<Record<string, E>>, kind: string, name: Json | undefined): E {
  if (typeof name === 'string' && Object.hasOwn(registry, name)) return registry[name] as E;
  throw new UserError(`there is no ${kind} ${JSON.stringify(name)}; there are ${Object.keys(registry).join(', ')}`, 2);
}
