/** What a sweep would do. Reads, counts, starts nothing. */
import { availableParallelism } from 'node:os';
import { countWithin, plannedTrials, sweepId as idOf } from '../core/plan.ts';
import { costOfNotResuming } from '../core/program-cost.ts';
import type { Origin } from '../core/results.ts';
import { shapeGroups, shapeKey, type ShapeGroup } from '../core/shapes.ts';
import type { SweepSpec, TrainingSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';
import { readAhead } from '../store/read-ahead.ts';
import { differenceFrom, listSweeps, listTrials, readControl, readResult, readTiming } from '../store/runs.ts';
import { originOfTrial } from '../trainer/kinds.ts';
import { programChanges } from './program-changes.ts';

/** Beyond so many trials or cases the plan looks at the first ones only, and says so: it stays a matter of a second. */
const MOST = 20_000;
/**
 * Times are told from so many trials at most that the plan has not: their ids are hashes, so the first are of all
 * kinds.
 */
const MOST_OTHERS = 1000;
/** What is known of a trial from earlier runs: small, because there may be many. */
interface Earlier {
  shape: string;
  steps: number;
  training: Pick<TrainingSpec, 'maxSteps' | 'stopWhen'>;
  seconds: number | undefined;
  /** Why no result of it is taken; undefined: one is. */
  difference: string | undefined;
  /** Why it is not what would be trained now, though it is taken: it is the sweep's own. */
  mixed?: string | undefined;
}

export interface Plan {
  sweepId: string;
  spec: SweepSpec;
  trials: number;
  /** Trials that have a result in the runs folder, among the first `of`. */
  cached: { trials: number; of: number };
  /** Trials with a result that is not taken, by the reason. */
  passedOver: Record<string, number>;
  /** Of the cached ones those that the sweep itself has trained in another way than it would now, by what is other. */
  mixed: Record<string, number>;
  groups: (ShapeGroup & { seconds: number | undefined })[];
  /** False: more cases than the groups show. */
  complete: boolean;
  slots: number;
  /** Until the trials that are not cached are done; undefined where a shape was never trained here. */
  seconds: number | undefined;
  /** What is to be known of a program: what has changed of it, and what it costs. */
  notes?: string[];
}

/**
 * The trials of each sweep of the runs folder, whether they have a result or not; the sweep's own first, for they are
 * taken first.
 */
async function storedIds(store: Store, own: string): Promise<[sweepId: string, trialIds: string[]][]> {
  const sweeps = await listSweeps(store);
  const found: [string, string[]][] = [];
  for (const sweep of [...sweeps.filter((id) => id === own), ...sweeps.filter((id) => id !== own)])
    found.push([sweep, await listTrials(store, sweep).catch(() => [])]);
  return found;
}

/** Of the stored trials those with a result: the planned ones, and of the others so many that times can be told. */
async function earlierTrials(
  store: Store,
  stored: [string, string[]][],
  planned: ReadonlySet<string>,
  { sweepId: own, origin, cache }: PlanOptions,
): Promise<Map<string, Earlier>> {
  const found = new Map<string, Earlier>();
  let others = MOST_OTHERS;
  for (const [sweep, ids] of stored) {
    const wanted = ids.filter((id) =>
      planned.has(id) ? !found.has(id) || found.get(id)?.difference !== undefined : others-- > 0,
    );
    const read = readAhead(wanted, async (id) => {
      const result = await readResult(store, sweep, id).catch(() => undefined); // a damaged one is trained again
      return { id, result, timing: result && (await readTiming(store, sweep, id).catch(() => undefined)) };
    });
    for await (const { id, result, timing } of read) {
      if (result === undefined) continue;
      const { maxSteps, stopWhen } = result.trial.training;
      const difference = origin && differenceFrom(originOfTrial(result.trial, origin), result);
      found.set(id, {
        shape: shapeKey(result.trial),
        steps: result.steps,
        training: { maxSteps, ...(stopWhen && { stopWhen }) },
        seconds: timing?.seconds,
        ...(sweep === own
          ? { difference: undefined, mixed: difference }
          : { difference: cache ? difference : '--no-cache' }),
      });
    }
  }
  return found;
}

/**
 * Seconds that a trial like the example took: as it was where it ends by the same rule, else in proportion to the
 * steps.
 */
function secondsOf({ example, key }: ShapeGroup, earlier: Iterable<Earlier>): number | undefined {
  const { maxSteps, stopWhen } = example.training;
  const times: number[] = [];
  for (const { shape, steps, training, seconds } of earlier) {
    if (seconds === undefined || steps === 0 || shape !== key) continue;
    const sameEnd = training.maxSteps === maxSteps && JSON.stringify(training.stopWhen) === JSON.stringify(stopWhen);
    times.push(sameEnd ? seconds : (seconds / steps) * maxSteps);
  }
  return times.length === 0 ? undefined : times.reduce((a, b) => a + b) / times.length;
}

export interface PlanOptions {
  /** Left out: the one that this spec gives. */
  sweepId?: string;
  /** What trials would be trained by; left out: any result will do. */
  origin?: Origin | undefined;
  /** False: --no-cache. A sweep that was started so once stays so. */
  cache?: boolean;
}

const addTo = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

export async function planOf(
  spec: SweepSpec,
  store: Store,
  { sweepId = idOf(spec), origin, cache = true }: PlanOptions = {},
): Promise<Plan> {
  const trials = countWithin(spec);
  const stored = await storedIds(store, sweepId);
  const isEmpty = stored.every(([, ids]) => ids.length === 0);
  const of = isEmpty ? trials : Math.min(trials, MOST);
  const planned = isEmpty ? [] : [...plannedTrials(spec, undefined, of)];
  const earlier = await earlierTrials(store, stored, new Set(planned.map(({ trialId }) => trialId)), {
    sweepId,
    origin,
    cache: cache && !(await readControl(store, sweepId)).noCache,
  });
  const cachedByShape = new Map<string, number>();
  const [passedOver, mixed] = [new Map<string, number>(), new Map<string, number>()];
  let cached = 0;
  for (const { trialId, trial } of planned) {
    const known = earlier.get(trialId);
    if (known === undefined) continue;
    if (known.difference !== undefined) {
      addTo(passedOver, known.difference);
      continue;
    }
    cached++;
    if (known.mixed !== undefined) addTo(mixed, known.mixed);
    addTo(cachedByShape, shapeKey(trial));
  }

  const { groups, complete } = shapeGroups(spec, MOST);
  const timed = groups.map((group) => ({ ...group, seconds: secondsOf(group, earlier.values()) }));
  const slots = Math.min(spec.budget.maxConcurrent ?? Infinity, availableParallelism(), trials);
  const left = timed.map(({ key, trials: n, seconds }) => {
    const waiting = n - (cachedByShape.get(key) ?? 0);
    return waiting === 0 ? 0 : seconds === undefined ? NaN : waiting * seconds;
  });
  const total = left.reduce((a, b) => a + b, 0) / slots;
  const seconds = complete && !Number.isNaN(total) ? total : undefined;
  return {
    sweepId,
    spec,
    trials,
    cached: { trials: cached, of },
    passedOver: Object.fromEntries(passedOver),
    mixed: Object.fromEntries(mixed),
    groups: timed,
    complete,
    slots,
    seconds,
    ...(spec.program !== undefined && { notes: await notesOn(spec, store) }),
  };
}

const notesOn = async (spec: SweepSpec, store: Store): Promise<string[]> => [
  ...(await programChanges(store, spec)),
  ...[costOfNotResuming(spec)].filter((line) => line !== undefined),
];
