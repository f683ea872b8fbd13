/**
 * A sweep in packs ends with the bytes of one in which each trial has a job of its own, even if its trainers are
 * killed.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packSizeFile } from '../../trainer/network/pack-sizes.ts';
import { trialAt } from '../../core/plan.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { chooseBackend } from '../../setup/backend.ts';
import { newMachine, trainersOf, until, type Machine } from '../support/machine.ts';

const ID = 'packed';
const SPEC = {
  name: 'packed',
  task: { name: 'palindrome', length: 5 },
  model: { cell: 'rnn', hiddenUnits: 16 },
  training: { optimizer: 'rmsprop', batchSize: 32, maxSteps: 1500, evaluateEvery: 50, evaluationSize: 64 },
  space: { 'training.learningRate': [0.001, 0.01, 1e38] },
  repeats: 4,
};

let machine: Machine;
before(async () => {
  machine = await newMachine({ SWEEP_CHECKPOINT_SECONDS: '0' });
  await writeFile(join(machine.folder, 'packed.json'), JSON.stringify(SPEC));
});
after(() => machine.stop());

const runs = (name: string) => join(machine.folder, name);
const results = (name: string) => readFile(join(runs(name), ID, 'report/results.csv'), 'utf8');
const start = (name: string, variables: Record<string, string>) =>
  machine.spawnWith(
    variables,
    'start',
    join(machine.folder, 'packed.json'),
    '--id',
    ID,
    '--runs',
    runs(name),
    '--workers',
    '1',
  );

/** As if this machine had measured packs of four, whatever else it is doing now. */
async function keepSize(folder: string): Promise<void> {
  const spec = JSON.parse(await readFile(join(runs('single'), ID, 'sweep.json'), 'utf8')) as NetworkSweep;
  await mkdir(folder);
  await writeFile(
    join(folder, packSizeFile(trialAt(spec, 0).trial, (await chooseBackend()).name)),
    JSON.stringify({ size: 4, measured: [], complete: true }),
  );
}
/** The most trials that began at the same moment: those of a pack do. */
async function mostTogether(name: string): Promise<number> {
  const trials = join(runs(name), ID, 'trials');
  const counts = new Map<string, number>();
  for (const trial of await readdir(trials)) {
    const { startedAt } = JSON.parse(await readFile(join(trials, trial, 'timing.json'), 'utf8')) as {
      startedAt: string;
    };
    counts.set(startedAt, (counts.get(startedAt) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

test('packs change no byte of the results, and a killed trainer loses nothing', { timeout: 300_000 }, async () => {
  const single = await start('single', { SWEEP_LANES: '1' }).ended;
  assert.equal(single.code, 0, await machine.story(single));
  const sizes = join(machine.folder, 'pack-sizes');
  await keepSize(sizes);
  const packed = start('together', { SWEEP_PACK_SIZES: sizes });
  const worker = await until(async () => (await machine.worker(runs('together'))).childPid);
  await until(async () => {
    const trials = join(runs('together'), ID, 'trials');
    const files = await Promise.all(
      (await readdir(trials).catch(() => [])).map((trial) => readdir(join(trials, trial))),
    );
    return files.some((names) => names.includes('attempts') && !names.includes('result.json')); // a checkpoint, and no result yet
  });
  const [trainer] = trainersOf(worker);
  assert.ok(trainer);
  process.kill(trainer, 'SIGKILL');
  const ended = await packed.ended;
  assert.equal(ended.code, 0, await machine.story(ended));
  assert.equal(await results('together'), await results('single'));
  assert.match(await results('single'), /diverged/);
  assert.equal(await mostTogether('single'), 1);
  if ((await chooseBackend()).choice.kind === 'native') assert.ok((await mostTogether('together')) > 1);
});
