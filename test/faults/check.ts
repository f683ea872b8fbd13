/** What has to be true of a sweep, whatever struck it. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../store/index.ts';
import { listTrials } from '../../store/runs.ts';
import { until, type Ended } from '../support/machine.ts';
import { CHECKPOINT_SECONDS, ID, processesOf, results, type World } from './world.ts';

/** Of a trial with a result. */
const FILES = ['metrics.csv', 'model.ckpt', 'observations.json', 'result.json', 'timing.json'];
/** A lost worker is noticed after so many seconds. */
const NOTICED_SECONDS = 30;

/** Nothing is lost, nothing is there twice, and the results are those of a sweep that nobody disturbed. */
export async function checkResults(world: World, ended: Ended, expected: string): Promise<void> {
  assert.equal(ended.code, 0, await world.machine.story(ended));
  assert.equal(await results(world), expected);
  const store = openStore(world.runs);
  const trials = await listTrials(store, ID);
  assert.equal(trials.length, expected.trim().split('\n').length - 1);
  for (const trial of trials) assert.deepEqual((await readdir(join(world.runs, ID, 'trials', trial))).sort(), FILES, `what lies in the folder of trial ${trial}`);
  const verified = await world.machine.sweep('report', ID, '--runs', world.runs, '--verify');
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const most = Math.max(0, ...world.rework);
  assert.ok(most <= CHECKPOINT_SECONDS + NOTICED_SECONDS, `a kill undid ${most.toFixed(1)} s of training`);
}

/** Once server and worker have been stopped, no process of the machine is left. */
export async function checkNoOrphans({ machine }: World): Promise<void> {
  const patience = Date.now() + 10_000;
  const left = await until(() => {
    const there = processesOf(machine);
    return there.length === 0 || Date.now() > patience ? [there] : undefined;
  });
  assert.deepEqual(left[0], [], 'processes that outlived their machine');
}
