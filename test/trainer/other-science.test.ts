/**
 * A sweep that began with an older version of the science goes on with that of today: no trial fails for it. On a real
 * Temporal server.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SweepSpec } from '../../core/spec.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { workflowBundle } from '../../orchestrate/bundle.ts';
import { cacheDir } from '../../setup/home.ts';
import { listTrials } from '../../store/runs.ts';
import { newLaboratory, type Laboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

const VERSION = /(SCIENCE_VERSION\s*=\s*)\d+/g;

let lab: Laboratory;
let folder: string;
let today: { codePath: string };
let earlier: { codePath: string };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-science-'));
  today = await workflowBundle(cacheDir());
  const code = await readFile(today.codePath, 'utf8');
  assert.equal(code.match(VERSION)?.length, 1, 'the version is found in the bundle');
  earlier = { codePath: join(folder, 'earlier.js') };
  await writeFile(earlier.codePath, code.replace(VERSION, `$1${SCIENCE_VERSION - 1}`));
  lab = await newLaboratory({ workflows: earlier });
});
after(async () => {
  await lab.stop();
  await rm(folder, { recursive: true });
  assert.deepEqual(
    lab.warnings.filter((line) => !/meant to fail|shutting down/.test(line)),
    [],
    'no history is refused',
  );
});

const sweeps: Record<string, Partial<SweepSpec>> = {
  grid: {},
  packed: { repeats: 16 },
  adaptive: {
    scheduler: { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 },
    search: { name: 'random', trials: 9 },
    space: { 'training.learningRate': { logUniform: [0.001, 1] } },
  },
};

for (const [name, changes] of Object.entries(sweeps)) {
  test(`${name}: what is in training at an upgrade is trained with the new version`, { timeout: 120_000 }, async () => {
    await lab.replaceWorker(earlier);
    lab.packSize(({ most }) => most);
    await lab.start(name, changes);
    await until(() => lab.begun.some(({ sweepId, science }) => sweepId === name && science === SCIENCE_VERSION - 1));
    await lab.replaceWorker(today);
    const { state, total, completed, failed } = await lab.ended(name);
    assert.deepEqual([state, completed, failed], ['completed', total, 0]);
    assert.equal((await listTrials(lab.store, name)).length, total);
  });
}
