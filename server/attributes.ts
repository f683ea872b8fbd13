/** Search attributes: what a sweep can be found by in the Temporal UI. */
import type { Client } from '@temporalio/client';

export const SEARCH_ATTRIBUTES = {
  SweepName: 'Keyword',
  SweepTask: 'Keyword',
  SweepStatus: 'Keyword',
  SweepBest: 'Double',
} as const;

/** temporal.api.enums.v1.IndexedValueType. */
const TYPES = { Keyword: 2, Double: 4 } as const;

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
