/**
 * A Temporal server that lives and does not answer: nothing waits for it without end, and what can be said without it
 * is said.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStore } from '../../store/index.ts';
import { claimSweep } from '../../store/runs.ts';
import { labSpec } from '../support/laboratory.ts';
import { newMachine, type Ended, type Machine } from '../support/machine.ts';

let machine: Machine;
let pid: number;
/** Side by side, since each has to wait. */
const asked = new Map<string, Promise<Ended>>();
before(async () => {
  machine = await newMachine();
  await claimSweep(openStore(`${machine.folder}/runs`), 'lab', labSpec);
  const { code, stderr } = await machine.sweep('server', 'start');
  assert.equal(code, 0, stderr);
  pid = (await machine.server()).childPid ?? 0;
  process.kill(pid, 'SIGSTOP');
  for (const line of ['status', 'doctor', 'pause lab', 'cancel lab', 'watch lab', 'server status'])
    asked.set(line, machine.sweep(...line.split(' ')));
  asked.set(
    'named',
    machine.spawnWith({ TEMPORAL_ADDRESS: `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}` }, 'pause', 'lab').ended,
  );
});
after(() => machine.stop());

const answerTo = async (line: string) => {
  const ended = await asked.get(line);
  assert.ok(ended !== undefined);
  return ended;
};
const silent = () =>
  new RegExp(
    [
      `The Temporal server at 127\\.0\\.0\\.1:\\d+ \\(process ${pid}\\) has not answered for 15 seconds: it is stopped or overloaded; `,
      'start it again with: sweep server stop, then sweep server start\\.',
    ].join(''),
  );
const oneLine = ({ stderr }: Ended) => assert.equal(stderr.trim().split('\n').length, 1, stderr);

test('status says what the runs folder says, and why no more', async () => {
  const ended = await answerTo('status');
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /^lab\s+unfinished\s+0\/6/m);
  assert.match(ended.stderr, /^warning: /);
  assert.match(ended.stderr, silent());
  oneLine(ended);
});

test('doctor says how everything else is', async () => {
  const { code, stdout } = await answerTo('doctor');
  assert.equal(code, 1);
  assert.match(stdout, /^Node\.js\s+ok/m);
  assert.match(stdout, silent());
});

for (const line of ['pause lab', 'cancel lab', 'watch lab']) {
  test(`${line} is refused in one line`, async () => {
    const ended = await answerTo(line);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /^error: /);
    assert.match(ended.stderr, silent());
    oneLine(ended);
  });
}

test('server status tells it from one that runs', async () => {
  const { stdout } = await answerTo('server status');
  assert.match(
    stdout,
    new RegExp(
      `^The Temporal server \\(process ${pid}\\) does not answer: it is starting, stopped or overloaded\\.$`,
      'm',
    ),
  );
});

test('one that somebody has named is named too', async () => {
  const ended = await answerTo('named');
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^error: No Temporal server answers: .*\(TEMPORAL_ADDRESS, 127\.0\.0\.1:\d+\)/);
  oneLine(ended);
});

test('it can be stopped and started again, as it is told', { timeout: 120_000 }, async () => {
  assert.equal((await machine.sweep('server', 'stop')).code, 0);
  assert.equal((await machine.sweep('server', 'start')).code, 0);
  const { stdout, stderr } = await machine.sweep('status');
  assert.match(stdout, /^lab\s+unfinished/m);
  assert.equal(stderr, '');
});
