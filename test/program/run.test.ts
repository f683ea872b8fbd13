/** An attempt at a trial, with real programs: what they say, how they end, and what is left of them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ComputingFailed } from '../../trainer/failures.ts';
import { until } from '../support/machine.ts';
import { processesWith, tell } from './support.ts';

const twoMetrics = (step: number) => ({ step, metrics: { accuracy: step / 10, loss: 1 / step } });
const LOOP = `
import sweep_trial
for step in sweep_trial.steps():
    sweep_trial.report(step, accuracy=step / 10, loss=1 / step)
`;

const leftFolders = () => readdirSync(realpathSync(tmpdir())).filter((name) => name.startsWith('sweep-program-'));

test('a program that reports every step up to the last one has completed', async () => {
  const { end, points, warnings } = await tell({ python: LOOP });
  assert.deepEqual(end, { status: 'completed', step: 3, saved: undefined });
  assert.deepEqual(points, [1, 2, 3].map(twoMetrics));
  assert.deepEqual(warnings, []);
});

test('to a step before its last it has paused there, and one that goes beyond is stopped', async () => {
  assert.deepEqual((await tell({ python: LOOP }, { toStep: 2 })).end, { status: 'paused', step: 2, saved: undefined });
  const deaf = await tell(
    {
      python: `
import sweep_trial, time
for step in range(1, 100):
    sweep_trial.report(step, accuracy=step / 10, loss=1 / step)
    time.sleep(0.05)`,
    },
    { toStep: 2 },
  );
  assert.deepEqual(deaf.end, { status: 'paused', step: 2, saved: undefined });
  assert.deepEqual(deaf.points, [1, 2].map(twoMetrics));
});

test('it is told its parameters, its seed and its steps, in a file, in variables and as arguments', async () => {
  const say = `
import json, os, sys
told = json.load(open(os.environ["SWEEP_PARAMETERS"]))
print(json.dumps({"argv": sys.argv[1:], "told": told, "seed": os.environ["SWEEP_SEED"], "steps": [os.environ["SWEEP_STEP"], os.environ["SWEEP_TO_STEP"]], "own": os.environ.get("OWN"), "path": os.environ.get("HOME") is not None, "other": os.environ.get("NOBODYS")}))
${LOOP}`;
  const options = { parameters: { rate: 0.1, layers: [8, 4], name: 'a b' }, seedAs: 'seed', stepsAs: 'epochs' };
  const { output } = await tell(
    { python: say },
    { ...options, environment: { OWN: 'x' } },
    { env: { ...process.env, NOBODYS: '1' } },
  );
  const parameters = { ...options.parameters, seed: 7, epochs: 3 };
  assert.deepEqual(JSON.parse(output.split('\n')[0] ?? ''), {
    argv: ['--rate=0.1', '--layers=[8,4]', '--name=a b', '--seed=7', '--epochs=3'],
    told: { parameters, seed: 7, trial: 'a'.repeat(20), step: 0, toStep: 3 },
    seed: '7',
    steps: ['0', '3'],
    own: 'x',
    path: true,
    other: null,
  });
  const asJson = await tell({ python: say }, { ...options, arguments: 'json' });
  assert.deepEqual(JSON.parse(JSON.parse(asJson.output.split('\n')[0] ?? '').argv[0] as string), parameters);
  const none = await tell({ python: say }, { ...options, arguments: 'none' });
  assert.deepEqual(JSON.parse(none.output.split('\n')[0] ?? '').argv, []);
});

test('each line that says nothing is one clear warning, and nothing else is lost', async () => {
  const { end, points, warnings } = await tell({
    sh: `
echo '{"step": 1, "accuracy": 0.5, "lo' >> $SWEEP_METRICS
printf '\\377\\n' >> $SWEEP_METRICS
echo 'hello' >> $SWEEP_METRICS
echo '{"step": 1, "accuracy": 0.5, "loss": 0.3, "foo": 3}' >> $SWEEP_METRICS
echo '{"step": 1, "accuracy": 0.4}' >> $SWEEP_METRICS
echo '{"accuracy": 0.5}' >> $SWEEP_METRICS
echo '{"step": 2, "accuracy": "x", "loss": 4}' >> $SWEEP_METRICS
echo '{"checkpoint": 2}' >> $SWEEP_METRICS
printf '{"step": 3, "accuracy": 1, "loss": 4}' >> $SWEEP_METRICS`,
  });
  assert.equal(end?.status, 'completed');
  assert.deepEqual(points, [
    { step: 1, metrics: { accuracy: 0.5, loss: 0.3 } },
    { step: 2, metrics: { loss: 4 } },
    { step: 3, metrics: { accuracy: 1, loss: 4 } },
  ]);
  assert.deepEqual(warnings, [
    String.raw`line 1 of SWEEP_METRICS is not JSON, or cut: "{\"step\": 1, \"accuracy\": 0.5, \"lo"; it is left out`,
    'line 2 of SWEEP_METRICS is not UTF-8: "ÿ"; it is left out',
    'line 3 of SWEEP_METRICS is not JSON, or cut: "hello"; it is left out',
    'line 4 of SWEEP_METRICS has "foo", which is no metric of the sweep; it is left out',
    'line 5 of SWEEP_METRICS is of step 1, after step 1; it is left out',
    'line 6 of SWEEP_METRICS names no step; needed: "step", a whole number of 0 or more',
    String.raw`line 7 of SWEEP_METRICS has accuracy "\"x\"", which is no number; it is left out`,
    'checkpoint 2 is left out: the sweep file does not say "resumes": true',
  ]);
});

test('values of a step may come in several lines', async () => {
  const { points } = await tell(
    {
      sh: `for step in 1 2; do
echo "{\\"step\\": $step, \\"accuracy\\": 0.5}" >> $SWEEP_METRICS
echo "{\\"step\\": $step, \\"loss\\": 2}" >> $SWEEP_METRICS
done`,
    },
    { toStep: 2, maxSteps: 2 },
  );
  assert.deepEqual(
    points.map(({ step, metrics }) => [step, metrics]),
    [1, 2].map((step) => [step, { accuracy: 0.5, loss: 2 }]),
  );
});

for (const [name, value] of [
  ['Python writes it', "float('nan')"],
  ['it is infinite', "float('-inf')"],
] as const) {
  test(`a value that is not finite ends the trial as diverged: ${name}`, async () => {
    const { end, points } = await tell({
      python: `
import sweep_trial, time
sweep_trial.report(1, accuracy=0.1, loss=1)
sweep_trial.report(2, accuracy=0.1, loss=${value})
time.sleep(1000)`,
    });
    assert.deepEqual([end?.status, end?.step], ['diverged', 2]);
    assert.deepEqual(points, [twoMetrics(1)]);
  });
}

test('a program that cannot be changed is read by patterns, steps counted or found', async () => {
  const read = { accuracy: 'acc[=:] *([0-9.a-z]+)', loss: 'loss ([0-9.e-]+)' };
  const counted = await tell(
    {
      sh: 'for i in 1 2 3; do echo "loss 1e-$i"; echo "val acc: 0.$i"; done; echo "loss 9 is not of a whole line" >&2',
    },
    { read },
  );
  assert.deepEqual(
    counted.points,
    [1, 2, 3].map((i) => ({ step: i, metrics: { loss: Number(`1e-${i}`), accuracy: i / 10 } })),
  );
  assert.equal(counted.end?.status, 'completed');
  const found = await tell(
    { sh: 'for i in 1 2 3; do echo "Epoch $i/3"; echo "loss 5"; echo "loss 1e-$i"; echo "acc=0.$i"; done' },
    { read: { ...read, step: 'Epoch ([0-9]+)' } },
  );
  assert.deepEqual(found.points, counted.points);
  const nan = await tell({ sh: 'echo "loss 3, acc=nan"; sleep 1000' }, { read });
  assert.deepEqual([nan.end?.status, nan.end?.step], ['diverged', 1]);
});

test('it goes on from its checkpoint, which comes back as it was, and no step is told twice', async () => {
  const python = `
import sweep_trial, os, stat, sys
folder = sweep_trial.resume()
state = (folder / "deep" / "state").read_text() if folder else ""
if folder: print(sorted(str(p.relative_to(folder)) for p in folder.rglob("*")), os.access(folder / "tool", os.X_OK))
for step in sweep_trial.steps():
    state += str(step)
    with sweep_trial.checkpoint(step) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "state").write_text(state)
        (folder / "tool").write_bytes(bytes(range(256)))
        (folder / "tool").chmod(0o755)
    sweep_trial.report(step, accuracy=step / 10, loss=1 / step)
print("state", state)`;
  const first = await tell({ python }, { toStep: 2, maxSteps: 4, resumes: true });
  assert.deepEqual(
    first.checkpoints.map(({ step }) => step),
    [1, 2],
  );
  assert.deepEqual([first.end?.status, first.end?.saved?.step], ['paused', 2]);
  const again = await tell({ python }, { toStep: 2, maxSteps: 4, resumes: true });
  assert.deepEqual(again.end, first.end, 'the same files, another folder: the same bytes');
  const second = await tell({ python }, { toStep: 4, maxSteps: 4, resumes: true, resume: first.end?.saved });
  assert.deepEqual(second.points, [3, 4].map(twoMetrics));
  assert.equal(second.output, "['deep', 'deep/state', 'tool'] True\nstate 1234\n");
  assert.equal(second.end?.status, 'completed');
});

test('SIGTERM: it saves and ends, and has paused', async () => {
  const stop = new AbortController();
  const python = `
import sweep_trial, time
for step in sweep_trial.steps():
    time.sleep(0.02)
    sweep_trial.report(step, accuracy=0.1, loss=1)
    with sweep_trial.checkpoint(step) as folder:
        (folder / "state").write_text(str(step))`;
  const story = await tell(
    { python },
    { toStep: 100_000, maxSteps: 100_000, resumes: true },
    { signal: stop.signal, onEvent: ({ points }) => points.length > 3 && stop.abort() },
  );
  assert.equal(story.end?.status, 'paused');
  assert.equal(story.end.saved?.step, story.points.at(-1)?.step);
});

test('what does not end at SIGTERM is killed, with all that it has started', { timeout: 60_000 }, async () => {
  const word = `sweep-test-${process.pid}-deaf`;
  const stop = new AbortController();
  const started = tell(
    {
      python: `
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)"
subprocess.Popen([sys.executable, "-c", child, "${word}"])
subprocess.Popen([sys.executable, "-c", child, "${word}"], start_new_session=True)
time.sleep(1000)`,
    },
    {},
    { signal: stop.signal, graceMs: 200 },
  );
  await until(() => processesWith(word).length === 2);
  stop.abort();
  assert.equal((await started).end?.status, 'paused');
  await until(() => processesWith(word).length === 0);
});

test('what it leaves behind when it ends ends with it, and so does its folder', { timeout: 60_000 }, async () => {
  const word = `sweep-test-${process.pid}-left`;
  const before = leftFolders();
  const { end } = await tell({
    python: `${LOOP}
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "${word}"], start_new_session=True)`,
  });
  assert.equal(end?.status, 'completed');
  await until(() => processesWith(word).length === 0);
  assert.deepEqual(
    leftFolders().filter((name) => !before.includes(name)),
    [],
  );
});

test('its files are copies of its own that it cannot write to', async () => {
  const { output } = await tell(
    {
      sh: `touch new-file && ls; cat data/one; rm -f train.sh; echo 1 2>/dev/null > data/one; ls -l data | grep -c r-xr-xr-x
for step in 1 2 3; do echo "{\\"step\\": $step, \\"accuracy\\": 1, \\"loss\\": 1}" >> $SWEEP_METRICS; done`,
    },
    {
      files: new Map([
        ['train.sh', Buffer.from('')],
        ['data/one', Buffer.from('1\n')],
      ]),
      command: [
        'sh',
        '-c',
        `cat data/one; [ -w data/one ] && [ "$(id -u)" != 0 ] && echo writable; ls -l data/one | cut -c1-10`,
      ],
      arguments: 'none',
    },
  );
  assert.equal(output, '1\n-r-xr-xr-x\n');
});

test('one that is silent for too long is ended, and one that only computes or says something is not', async () => {
  const silent = await tell({ sh: 'echo here I am; sleep 1000' }, { silence: 1 });
  assert.ok(silent.error instanceof ComputingFailed);
  assert.equal(
    silent.error.message,
    'sh train.sh has said nothing for 1 seconds, before its first step; it printed last: here I am',
  );
});

test('there is a sign of life while it computes, and none while it only waits', async () => {
  const stop = new AbortController();
  const busy = await tell(
    { python: 'while True: pass' },
    {},
    { signal: stop.signal, graceMs: 0, onAlive: () => stop.abort() },
  );
  assert.equal(busy.end?.status, 'paused');
  const over = new AbortController();
  const waiting = tell({ python: 'import time; time.sleep(1000)' }, {}, { signal: over.signal, graceMs: 50 });
  await sleep(3500); // it is looked at each second; the first may see it start
  over.abort();
  assert.ok((await waiting).alive <= 2);
});

test('one that takes more memory than it may is ended', { skip: process.platform !== 'linux' }, async () => {
  const { error } = await tell(
    { python: 'import time; x = bytes(range(256)) * 1_000_000; print("big"); time.sleep(1000)' },
    { memory: 50e6 },
  );
  assert.equal(
    error?.message,
    'python3 train.py used more than the 50,000,000 bytes of memory that it may have, before its first step; it printed last: big',
  );
});

test('gigabytes of output fill no memory and keep no program waiting; the first and the last of it stay', async () => {
  const { end, output } = await tell({
    python: `
import sys
print("the first line")
block = ("x" * 99 + "\\n") * 10_000
for _ in range(300): sys.stdout.write(block); sys.stderr.write(block[:100])
print("the last line")${LOOP}`,
  });
  assert.equal(end?.status, 'completed');
  assert.ok(output.startsWith('the first line\n'));
  assert.match(output, /the last line/);
  assert.match(output, /… \d+ characters left out …/);
  assert.ok(output.length < 300_000);
});

test('an attempt that fails says what was printed last, the same in each attempt', async () => {
  const crash = 'import sys; print("about to"); sys.exit("no such file: " + __file__)';
  const [one, other] = [await tell({ python: crash }), await tell({ python: crash })];
  assert.equal(
    one.error?.message,
    'python3 train.py ended with code 1 before its first step; it printed last: about to | no such file: /files/train.py',
  );
  assert.equal(other.error?.message, one.error.message);
  const killed = await tell({
    sh: 'echo "{\\"step\\": 1, \\"accuracy\\": 1, \\"loss\\": 1}" >> $SWEEP_METRICS; kill -9 $$',
  });
  assert.equal(killed.error?.message, 'sh train.sh was ended by SIGKILL after step 1 of 3; it printed nothing');
});

test('bad input is one line: no such command, one that cannot be run, one that says nothing', async () => {
  const message = async (changes: Parameters<typeof tell>[1], sh = 'echo "I have"; echo "finished"') =>
    (await tell({ sh }, changes)).error?.message;
  assert.equal(
    await message({ command: ['no-such-command-at-all'] }),
    `program.command: "no-such-command-at-all": no folder of this machine's PATH has it`,
  );
  assert.equal(
    await message({ command: ['/no/such/file'] }),
    'program.command: "/no/such/file": there is no such file',
  );
  assert.equal(await message({ command: ['/etc/passwd'] }), 'program.command: "/etc/passwd": it is not executable');
  assert.equal(
    await message({}),
    'sh train.sh ended without a metric; needed: accuracy, loss of step 3; it printed last: I have | finished',
  );
  assert.equal(
    await message({ pass: ['NOT_SET_ANYWHERE'] }),
    `program.pass: NOT_SET_ANYWHERE is not in this worker's environment; start it where it is set`,
  );
});

test('a secret reaches the program, and neither what is kept of its output nor an error', async () => {
  const secret = 'p4ss "wörd"/1';
  const { error, output, warnings } = await tell(
    {
      python: `
import os, sys, json, urllib.parse, time
s = os.environ["TOKEN"]
with open(os.environ["SWEEP_METRICS"], "ab") as metrics:
    metrics.write(b"x" * 76 + s.encode() + b"\\n" + b"\\xff" + s.encode() + b"\\n")
time.sleep(0.3)
for part in (s[:5], s[5:]):
    sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.05)
print()
print(json.dumps(s, ensure_ascii=False), urllib.parse.quote(s, safe="!~*'()"))
sys.exit("failed with " + s)`,
    },
    { pass: ['TOKEN'] },
    { env: { ...process.env, TOKEN: secret } },
  );
  const all = JSON.stringify([error?.message, output, warnings]);
  assert.equal(warnings.length, 2);
  assert.match(output, /\n\*\*\*\n"\*\*\*" \*\*\*\n/);
  assert.match(error?.message ?? '', /failed with \*\*\*$/);
  for (const part of [secret, 'wörd', 'p4ss']) assert.ok(!all.includes(part), all);
});

test('when the process that runs it is killed, all of it ends, and its folder goes', { timeout: 60_000 }, async () => {
  const word = `sweep-test-${process.pid}-orphan`;
  const before = leftFolders();
  const python = `
import subprocess, sys, time
for new in (False, True):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "${word}"], start_new_session=new)
time.sleep(1000)`;
  const code = `
    const { tell } = await import(${JSON.stringify(new URL('support.ts', import.meta.url).href)});
    await tell({ python: ${JSON.stringify(python)} });`;
  const runner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { stdio: 'ignore' });
  await until(() => processesWith(word).filter((pid) => pid !== runner.pid).length === 2);
  const folders = leftFolders().filter((name) => !before.includes(name));
  assert.ok(folders.length > 0);
  runner.kill('SIGKILL');
  await until(() => processesWith(word).length === 0);
  await until(() => leftFolders().every((name) => !folders.includes(name)));
});
