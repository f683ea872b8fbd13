/**
 * Sweeps of programs, all of it real: the command, the server, the worker, its trainers, and Python. What is killed
 * changes no result; what is secret is written nowhere.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openStore } from '../../store/index.ts';
import { readFailure, readResult, readTiming } from '../../store/runs.ts';
import { newMachine, trainersOf, until, type Machine } from '../support/machine.ts';
import { processesWith } from './support.ts';

const WORD = `sweep-test-${process.pid}`;
const TOKEN = 'tok-7f3a-of-the-tests';

/** Learns a number; each step's value hangs on the one before, so that a lost step would be seen. */
const TRAIN = `
import json, os, subprocess, sys, time
import sweep_trial
p = sweep_trial.parameters()
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "${WORD}"])
folder = sweep_trial.resume()
value = json.loads((folder / "value").read_text()) if folder else float(sweep_trial.seed() % 97)
print("begins at", os.environ["SWEEP_STEP"], flush=True)
for step in sweep_trial.steps():
    value += p["rate"] * (1 - value)
    time.sleep(p["pause"])
    sweep_trial.report(step, distance=abs(1 - value))
    with sweep_trial.checkpoint(step) as folder:
        (folder / "value").write_text(json.dumps(value))
`;
const SPEC = {
  name: 'program',
  program: {
    command: ['python3', 'train.py'],
    arguments: 'none',
    files: ['train.py'],
    metrics: { distance: { goal: 'minimize' } },
    resumes: true,
    step: 'epoch',
  },
  parameters: { pause: 0.04 },
  training: { maxSteps: 60 },
  space: { 'parameters.rate': [0.01, 0.1] },
  repeats: 2,
};

let machine: Machine;
let runs: string;
const results = (id: string) => readFile(join(runs, id, 'report/results.csv'), 'utf8');

async function write(
  name: string,
  spec: object,
  files: Record<string, string> = { 'train.py': TRAIN },
): Promise<string> {
  const folder = join(machine.folder, `${name}-files`);
  await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  const file = join(folder, 'sweep.json');
  await writeFile(file, JSON.stringify(spec));
  return file;
}
const start = (file: string, id: string, ...more: string[]) =>
  machine.spawnWith({ TOKEN }, 'start', file, '--id', id, '--runs', runs, '--workers', '2', ...more);

before(async () => {
  machine = await newMachine({ SWEEP_CHECKPOINT_SECONDS: '0.3', TOKEN });
  runs = join(machine.folder, 'runs');
});
after(() => machine.stop());

/** Waits until a trial that has no result yet has saved a checkpoint. */
async function midTrial(id: string): Promise<void> {
  const trials = join(runs, id, 'trials');
  await until(async () => {
    for (const trial of await readdir(trials).catch(() => [])) {
      const files = await readdir(join(trials, trial));
      if (!files.includes('result.json') && files.includes('attempts')) return true;
    }
    return false;
  });
}

test('killed trainers and a killed worker change no result, and leave no process', { timeout: 500_000 }, async (t) => {
  const file = await write('kills', SPEC);
  const undisturbed = await start(file, 'undisturbed').ended;
  assert.equal(undisturbed.code, 0, await machine.story(undisturbed));
  const expected = await results('undisturbed');
  assert.equal(expected.trim().split('\n').length, 5, expected);
  assert.deepEqual(processesWith(WORD), []);

  const going = start(file, 'disturbed', '--no-cache');
  await midTrial('disturbed');
  const worker = await until(async () => (await machine.worker(runs)).childPid);
  await t.test('a trainer: its program, and what that has started, end with it', async () => {
    const before = processesWith(WORD);
    assert.ok(before.length > 0);
    const trainers = trainersOf(worker);
    for (const pid of trainers) process.kill(pid, 'SIGKILL');
    await until(() => processesWith(WORD).every((pid) => !before.includes(pid)));
    await until(() => processesWith(WORD).length > 0);
  });
  await t.test('the worker', async () => {
    await midTrial('disturbed');
    const before = processesWith(WORD);
    process.kill(worker, 'SIGKILL');
    await until(() => processesWith(WORD).every((pid) => !before.includes(pid)));
  });
  const ended = await going.ended;
  assert.equal(ended.code, 0, await machine.story(ended));
  assert.equal(await results('disturbed'), expected);
  const store = openStore(runs);
  const trials = (await store.list('disturbed/trials')).map((folder) => folder.slice(0, -1));
  const attempts = await Promise.all(
    trials.map(async (id) => (await readTiming(store, 'disturbed', id))?.attempts ?? 0),
  );
  assert.ok(
    attempts.some((n) => n > 1),
    attempts.join(', '),
  );
  const verified = await machine.sweep('report', 'disturbed', '--runs', runs, '--verify');
  assert.equal(verified.code, 0, await machine.story(verified));
  await until(() => processesWith(WORD).length === 0);
});

test('an extended sweep goes on from where its trials ended', { timeout: 400_000 }, async () => {
  const quick = { ...SPEC, name: 'longer', parameters: { pause: 0 }, training: { maxSteps: 5 }, repeats: 1 };
  const short = await start(await write('longer', quick), 'longer').ended;
  assert.equal(short.code, 0, await machine.story(short));
  const more = await machine.sweep('extend', 'longer', '--set', 'training.maxSteps=9', '--runs', runs);
  assert.equal(more.code, 0, await machine.story(more));
  const watched = await machine.sweep('watch', 'longer', '--runs', runs);
  assert.equal(watched.code, 0, await machine.story(watched));
  const whole = await start(await write('whole', { ...quick, training: { maxSteps: 9 } }), 'whole', '--no-cache').ended;
  assert.equal(whole.code, 0, await machine.story(whole));
  assert.equal(await results('longer'), await results('whole'));
  const store = openStore(runs);
  const logs = await Promise.all(
    (await store.list('longer/trials')).map(async (trial) =>
      Buffer.from((await store.get(`longer/trials/${trial}log.txt`)) ?? '').toString(),
    ),
  );
  assert.equal(logs.filter((log) => log.startsWith('begins at 5\n')).length, 2, logs.join());
});

for (const resumes of [true, false]) {
  test(
    `an adaptive scheduler: a program that ${resumes ? 'goes on' : 'begins again'} at every rung`,
    { timeout: 400_000 },
    async () => {
      const id = `asha-${resumes}`;
      const spec = {
        ...SPEC,
        name: id,
        program: { ...SPEC.program, resumes },
        parameters: { pause: 0 },
        training: { maxSteps: 9 },
        space: { 'parameters.rate': [0.01, 0.1, 0.2, 0.3, 0.4, 0.5] },
        scheduler: { name: 'asha', eta: 3, minSteps: 1 },
        repeats: 1,
      };
      const ended = await start(await write(id, spec), id, '--no-cache').ended;
      assert.equal(ended.code, 0, await machine.story(ended));
      const store = openStore(runs);
      const found = await Promise.all(
        (await store.list(`${id}/trials`)).map((trial) => readResult(store, id, trial.slice(0, -1))),
      );
      const whole = found.filter((result) => result?.steps === 9);
      assert.ok(whole.length > 0 && whole.length < 6);
      const [best] = whole.map((result) => result?.metrics['distance'] ?? NaN).sort((a, b) => a - b);
      const seed = whole[0]?.trial.seed ?? 0;
      let value = seed % 97;
      for (let step = 0; step < 9; step++) value += 0.5 * (1 - value);
      assert.equal(best, Math.abs(1 - value)); // as if nothing had come between its steps
      const verified = await machine.sweep('report', id, '--runs', runs, '--verify');
      assert.equal(verified.code, 0, await machine.story(verified));
    },
  );
}

test('a trial whose program fails each time has failed, with what it printed last', { timeout: 400_000 }, async () => {
  const fails = `import sys; print("reading data"); sys.exit("no data at all, said " + __import__("os").environ["TOKEN"])`;
  const spec = { ...SPEC, name: 'fails', program: { ...SPEC.program, pass: ['TOKEN'] }, repeats: 1 };
  const ended = await start(await write('fails', spec, { 'train.py': fails }), 'fails').ended;
  const store = openStore(runs);
  for (const trial of await store.list('fails/trials')) {
    const failure = await readFailure(store, 'fails', trial.slice(0, -1));
    assert.equal(
      failure?.message,
      'python3 train.py ended with code 1 before its first step; it printed last: reading data | no data at all, said ***; it came to the same again after step 0',
    );
  }
  assert.match(ended.stdout, /no data at all, said \*\*\*/);
  const { stdout } = await machine.sweep('logs', 'fails', 'rate 0.1 seed 1', '--runs', runs);
  assert.equal(stdout, 'reading data\nno data at all, said ***\n');
});

test('a secret is in no byte that anybody has written', { timeout: 200_000 }, async () => {
  const files = (await readdir(machine.folder, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && !entry.parentPath.includes('/cache'),
  );
  assert.ok(files.some(({ name }) => name === 'temporal.db'));
  assert.ok(files.some(({ name }) => name === 'failure.json'));
  for (const { parentPath, name } of files) {
    const bytes = await readFile(join(parentPath, name)).catch(() => Buffer.of());
    assert.ok(!bytes.includes(TOKEN), `${parentPath}/${name}`);
  }
});

test(
  'plan: a changed file makes other trials, and a program that does not resume costs',
  { timeout: 200_000 },
  async () => {
    const spec = {
      ...SPEC,
      program: { ...SPEC.program, resumes: false },
      scheduler: { name: 'asha', eta: 3, minSteps: 1 },
    };
    const file = await write('kills', spec);
    const plan = async () => (await machine.sweep('plan', file, '--runs', runs)).stdout;
    assert.match(await plan(), /does not go on from checkpoints/);
    assert.match(await plan(), /4 of them cached/);
    await write('kills', spec, { 'train.py': `${TRAIN}\n# changed` });
    const changed = await plan();
    assert.match(changed, /0 of them cached/);
    assert.match(changed, /train\.py has changed since undisturbed/);
  },
);
