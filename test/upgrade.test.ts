/** Sweeps that began on the workflows of before go on with those of today; on a real Temporal server, nothing is trained. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SweepSpec } from '../core/spec.ts';
import { workflowBundle } from '../orchestrate/bundle.ts';
import { cacheDir } from '../setup/home.ts';
import { listTrials } from '../store/runs.ts';
import type { RunLimits } from '../workflows/messages.ts';
import { newLaboratory, rootOf, type Laboratory } from './support/laboratory.ts';
import { until } from './support/machine.ts';

const PATCHED = /\(0,\s*\w+\.patched\)\((['"])[^'"]*\1\)/g;

let lab: Laboratory;
let folder: string;
let today: { codePath: string };
let earlier: { codePath: string };

/** Today's workflows without what has been patched into them: as they were when the first of the patches was made. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-upgrade-'));
  today = await workflowBundle(cacheDir());
  const code = await readFile(today.codePath, 'utf8');
  assert.ok((code.match(PATCHED)?.length ?? 0) >= 2, 'the patches are found in the bundle');
  earlier = { codePath: join(folder, 'earlier.js') };
  await writeFile(earlier.codePath, code.replaceAll(PATCHED, 'false'));
  lab = await newLaboratory({ workflows: earlier });
});
after(async () => {
  await lab.stop();
  await rm(folder, { recursive: true });
  assert.deepEqual(lab.warnings.filter((line) => !/meant to fail|shutting down/.test(line)), [], 'no history is refused');
});

const asha = {
  scheduler: { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 }, search: { name: 'random', trials: 9 }, space: { 'training.learningRate': { logUniform: [0.001, 1] } },
} satisfies Partial<SweepSpec>;
const sweeps: Record<string, [changes: Partial<SweepSpec>, options?: { limits: RunLimits }]> = {
  small: [{}], packed: [{ repeats: 16 }], sharded: [{ repeats: 4 }, { limits: { trials: 4, events: 40 } }], adaptive: [asha],
};

for (const [name, [changes, options]] of Object.entries(sweeps)) {
  test(`${name}: a sweep that began before goes on today, and ends`, { timeout: 60_000 }, async () => {
    await lab.replaceWorker(earlier);
    lab.packSize(({ most }) => most);
    lab.flow(false);
    lab.fails(({ index }) => name === 'packed' && index === 7); // its pack is tried again before and after
    await lab.start(name, changes, options);
    await until(() => lab.inHand().length === 4);
    lab.release(2);
    await until(() => lab.inHand().length === 4);
    await lab.replaceWorker(today);
    await until(() => lab.inHand().length > 0);
    lab.flow(true);
    const { state, total, completed, failed } = await lab.ended(name);
    assert.deepEqual([state, completed + failed, failed], ['completed', total, name === 'packed' ? 1 : 0]);
    assert.equal((await listTrials(lab.store, name)).length, total);
    await lab.target.client.workflow.getHandle(await rootOf(lab, name)).result();
  });
}
