/** Registers the search attributes of sweeps with a Temporal server. */
import type { Client } from '@temporalio/client';
import { SWEEP_ATTRIBUTES } from '../core/attributes.ts';

/** As the server's command line calls a type, and its number in temporal.api.enums.v1.IndexedValueType. */
const WORDS = { KEYWORD: 'Keyword', DOUBLE: 'Double' } as const;
const TYPES = { Keyword: 2, Double: 4 } as const;

export const SEARCH_ATTRIBUTES = Object.fromEntries(
  Object.values(SWEEP_ATTRIBUTES).map(({ name, type }) => [name, WORDS[type]]),
);

/**
 * Registers what the namespace lacks. false: we may not, or it has one of another type; sweeps then run without them.
 */
export async function ensureSearchAttributes(client: Client): Promise<boolean> {
  const { namespace } = client.options;
  const operator = client.connection.operatorService;
  try {
    const { customAttributes } = await operator.listSearchAttributes({ namespace });
    const wanted = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, TYPES[type]] as const);
    const missing = wanted.filter(([name]) => !(name in customAttributes));
    if (missing.length > 0)
      await operator.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) });
    return wanted.every(([name, type]) => (customAttributes[name] ?? type) === type);
  } catch {
    return false;
  }
}
