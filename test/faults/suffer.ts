/** One schedule, from an empty folder to its verdict. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/machine.ts';
import { checkNoOrphans, checkResults } from './check.ts';
import { faults, SMALL_DISK, type Fault } from './faults.ts';
import type { Schedule } from './schedule.ts';
import { kinds, newWorld, results, seeToItsEnd, type KindName } from './world.ts';

export interface Suffered {
  schedule: Schedule;
  /** Of the planned faults, those that struck before the sweep was over. */
  struck: string[];
  seconds: number;
  /** Seconds of training that the worst kill undid. */
  rework: number;
  /** Why the verdict is bad; absent: it is good. */
  problem?: string;
}

/** The results of each kind of sweep when nothing strikes it. */
export type Expected = Record<KindName, string>;

export async function undisturbed(): Promise<Expected> {
  const whole = await resultsOf('whole');
  return { whole, sharded: whole, asha: await resultsOf('asha') };
}

async function resultsOf(kind: KindName): Promise<string> {
  const world = await newWorld(kinds[kind]);
  try {
    const ended = await seeToItsEnd(world, 1);
    if (ended.code !== 0) throw new Error(await world.machine.story(ended));
    return await results(world);
  } finally {
    await world.close();
  }
}

export async function suffer(schedule: Schedule, expected: Expected): Promise<Suffered> {
  const began = Date.now();
  const sorts: Record<string, Fault> = faults;
  const small = schedule.faults.some(({ name }) => sorts[name]?.smallDisk);
  const world = await newWorld(kinds[schedule.kind], { diskBytes: small ? SMALL_DISK : undefined });
  const struck: string[] = [];
  let problem: string | undefined;
  try {
    await until(() => world.over() || world.training().length > 0);
    for (const { name, after, draw } of schedule.faults) {
      await sleep(after * 1000);
      if (world.over()) break;
      await sorts[name]?.strike(world, draw);
      struck.push(name);
    }
    await checkResults(world, await seeToItsEnd(world), expected[schedule.kind]);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  } finally {
    await world.close();
  }
  if (problem === undefined) problem = await checkNoOrphans(world).then(() => undefined, String);
  return {
    schedule,
    struck,
    seconds: (Date.now() - began) / 1000,
    rework: Math.max(0, ...world.rework),
    ...(problem !== undefined && { problem }),
  };
}
