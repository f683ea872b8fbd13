/** A sweep's own files: its spec and the ones that it had before, how it ended, and what people have set. */
import type { Control } from '../../core/control.ts';
import { UserError } from '../../core/errors.ts';
import { hashJson } from '../../core/json.ts';
import type { SweepSpec, TrainingSpec } from '../../core/spec.ts';
import { clearDecisions } from '../decisions.ts';
import { isObject, pretty, readJson, trialKey } from '../keys.ts';
import { readAhead } from '../read-ahead.ts';
import type { Store } from '../types.ts';
import { FAILURE, listTrials } from './trial.ts';

/** Removes what writers that died have left anywhere under a prefix. */
export async function clearAbandoned(store: Store, prefix: string): Promise<void> {
  for (const { key, abandoned } of (await store.strays?.(prefix)) ?? []) if (abandoned) await store.remove(key);
}

/** Ids of the sweeps in the runs folder. */
export async function listSweeps(store: Store): Promise<string[]> {
  const folders = (await store.list('')).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1));
  const found: string[] = [];
  // A folder that may not be looked into, lost+found for one, is no sweep.
  const isSweep = async (id: string) => (await store.list(id).catch((): string[] => [])).includes('sweep.json');
  for await (const [id, is] of readAhead(folders, async (one) => [one, await isSweep(one)] as const))
    if (is) found.push(id);
  return found;
}

// ---- its spec ----

const SPEC_OBJECTS = ['training', 'space', 'search', 'scheduler', 'objective', 'budget'];
/** What is trained: a network, or a program. */
const SUBJECTS = [
  ['task', 'model'],
  ['program', 'parameters'],
];

/** What a resolved spec is counted and named by; the rest is what its writer promises. */
const isSpec = (value: unknown): value is SweepSpec =>
  isObject(value) &&
  SPEC_OBJECTS.every((key) => isObject(value[key])) &&
  SUBJECTS.some((keys) => keys.every((key) => isObject(value[key]))) &&
  typeof value['name'] === 'string' &&
  [value['repeats'], value['seed']].every(Number.isFinite);

/** Undefined where there is none; throws a UserError that names one that is none. */
export async function readSpec(store: Store, sweepId: string): Promise<SweepSpec | undefined> {
  const key = `${sweepId}/sweep.json`;
  const spec = await readJson<unknown>(store, key);
  if (spec === undefined || isSpec(spec)) return spec;
  throw new UserError(`${store.url}/${key}: not a resolved sweep`);
}

/** The spec of a sweep that was there a moment ago; throws a UserError if it has gone meanwhile. */
export async function specOf(store: Store, sweepId: string): Promise<SweepSpec> {
  const spec = await readSpec(store, sweepId);
  if (spec === undefined) throw new UserError(`${sweepId}: ${store.url}/${sweepId}/sweep.json has gone`);
  return spec;
}

/** A spec that a sweep had before it was extended: what it was, and how its trials ended. */
export interface EarlierSpec {
  hash: string;
  ends: Pick<TrainingSpec, 'maxSteps' | 'stopWhen'>;
}

const EXTENDED = 'extended.json';
/** The specs that a sweep had before, oldest first. */
export async function readEarlier(store: Store, sweepId: string): Promise<EarlierSpec[]> {
  const key = `${sweepId}/${EXTENDED}`;
  const earlier = (await readJson<EarlierSpec[]>(store, key)) ?? [];
  if (!Array.isArray(earlier) || !earlier.every((one) => isObject(one) && isObject(one.ends)))
    throw new UserError(`${store.url}/${key}: not a list of earlier specs`);
  return earlier;
}

/**
 * Keeps the resolved spec of a sweep. Returns the one that stands: the given one, or what it has been extended to;
 * undefined if the id belongs to another sweep.
 */
export async function claimSweep(store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSpec | undefined> {
  if (await store.putNew(`${sweepId}/sweep.json`, pretty(spec))) return spec;
  return standingSpec(store, sweepId, spec);
}

/** The spec of a sweep that has the given one, or had it before it was extended; undefined: there is no such sweep. */
export async function standingSpec(store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSpec | undefined> {
  const there = await readSpec(store, sweepId);
  const hash = hashJson(spec);
  if (there === undefined || hashJson(there) === hash) return there;
  return (await readEarlier(store, sweepId)).some((earlier) => earlier.hash === hash) ? there : undefined;
}

/**
 * Lets a sweep go on that has ended, or with another spec: how it ended, what failed and what was decided is forgotten.
 * Safe to repeat.
 */
export async function reopenSweep(store: Store, sweepId: string, spec: SweepSpec): Promise<void> {
  const there = await readSpec(store, sweepId);
  if (there !== undefined && hashJson(there) !== hashJson(spec)) {
    const { maxSteps, stopWhen } = there.training;
    const earlier = (await readEarlier(store, sweepId)).filter(({ hash }) => hash !== hashJson(there));
    await store.put(
      `${sweepId}/${EXTENDED}`,
      pretty([...earlier, { hash: hashJson(there), ends: { maxSteps, ...(stopWhen && { stopWhen }) } }]),
    );
    await store.put(`${sweepId}/sweep.json`, pretty(spec));
  }
  await clearDecisions(store, sweepId);
  for (const trialId of await listTrials(store, sweepId)) await store.remove(trialKey(sweepId, trialId, FAILURE));
  await clearOutcome(store, sweepId);
}

// ---- what people have set, and how it ended ----

/** What people have set while the sweep ran; nothing if nobody did. */
export const readControl = async (store: Store, sweepId: string): Promise<Control> =>
  (await readJson<Control>(store, `${sweepId}/control.json`)) ?? { paused: false };
export const writeControl = (store: Store, sweepId: string, control: Control) =>
  store.put(`${sweepId}/control.json`, pretty(control));

const ENDS = ['completed', 'cancelled', 'failed'];

/** How a sweep ended, in `outcome.json`; absent while it runs. */
export interface SweepOutcome {
  state: 'completed' | 'cancelled' | 'failed';
  total: number;
  completed: number;
  diverged: number;
  failed: number;
  stopped?: number;
  at: string;
  message?: string;
}

export async function readOutcome(store: Store, sweepId: string): Promise<SweepOutcome | undefined> {
  const key = `${sweepId}/outcome.json`;
  const outcome = await readJson<SweepOutcome>(store, key);
  if (outcome === undefined || (isObject(outcome) && ENDS.includes(outcome.state))) return outcome;
  throw new UserError(`${store.url}/${key}: not the end of a sweep`);
}
export const writeOutcome = (store: Store, sweepId: string, outcome: SweepOutcome) =>
  store.put(`${sweepId}/outcome.json`, pretty(outcome));
export const clearOutcome = (store: Store, sweepId: string) => store.remove(`${sweepId}/outcome.json`);
