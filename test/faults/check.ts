/** What has to be true of a sweep, whatever struck it. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
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
  const { machine, runs, kind } = world;
  assert.equal(ended.code, 0, await machine.story(ended));
  const found = await results(world);
  if (kind.adaptive) await checkAdaptive(world, found, expected);
  else assert.equal(found, expected);
  const rows = rowsOf(found);
  assert.deepEqual((await listTrials(openStore(runs), ID)).sort(), [...rows.keys()].sort());
  for (const [trial, { status }] of rows) {
    if (status !== 'stopped')
      assert.deepEqual(
        (await readdir(join(runs, ID, 'trials', trial))).sort(),
        FILES,
        `what lies in the folder of trial ${trial}`,
      );
  }
  const verified = await machine.sweep('report', ID, '--runs', runs, '--verify');
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const most = Math.max(0, ...world.rework);
  assert.ok(most <= CHECKPOINT_SECONDS + NOTICED_SECONDS, `a kill undid ${most.toFixed(1)} s of training`);
}

type Rows = Map<string, Record<string, string>>;
const rowsOf = (csv: string): Rows =>
  new Map((parse(csv, { columns: true }) as Record<string, string>[]).map((row) => [row['trial'] ?? '', row]));

/**
 * Every trial has come to something, once; where it came as far as undisturbed it came to the same; and the record
 * proves its decisions.
 */
async function checkAdaptive({ machine, runs }: World, found: string, expected: string): Promise<void> {
  const [rows, undisturbed] = [rowsOf(found), rowsOf(expected)];
  assert.equal(found.trim().split('\n').length, expected.trim().split('\n').length);
  assert.deepEqual([...rows.keys()].sort(), [...undisturbed.keys()].sort());
  for (const [trial, row] of rows) {
    assert.match(row['status'] ?? '', /^(completed|stopped)$/, `trial ${trial}`);
    const other = undisturbed.get(trial);
    if (row['status'] === other?.['status'] && row['steps'] === other?.['steps']) assert.deepEqual(row, other);
  }
  const [trial = ''] = rows.keys();
  const explained = await machine.sweep('explain', ID, trial, '--runs', runs);
  assert.equal(explained.code, 0, explained.stdout + explained.stderr);
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
