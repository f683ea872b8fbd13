/** Process ids are used again: a record of a program that has gone may name a stranger. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { freePort, isListening } from '../../server/ports.ts';
import { ensureSupervised, stopSupervised, supervisedStatus } from '../../server/supervise.ts';
import { isAlive } from '../../setup/workplace.ts';
import { until } from '../support/machine.ts';

let folder: string;
let stranger: ChildProcess;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-supervise-'));
  stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
});
afterEach(() => stopSupervised('program', folder));
after(async () => {
  stranger.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const program = { name: 'program', command: process.execPath, args: ['-e', 'setTimeout(() => {}, 2 ** 30)'] };
const record = () => join(folder, 'program.json');

test('a stranger who has the id of a program that is gone is neither taken for it nor ended', async () => {
  const { supervisorPid, childPid } = await until(async () => {
    const status = await ensureSupervised({ ...program, folder });
    return status.childPid !== undefined && status;
  });
  await stopSupervised('program', folder);
  const there = JSON.parse(await readFile(record(), 'utf8')) as object;
  await writeFile(
    record(),
    JSON.stringify({ ...there, state: 'running', reason: '', supervisorPid: stranger.pid, childPid: stranger.pid }),
  );
  assert.equal((await supervisedStatus('program', folder)).state, 'stopped');
  await stopSupervised('program', folder);
  const again = await ensureSupervised({ ...program, folder });
  assert.equal(again.state, 'running');
  assert.ok(![supervisorPid, childPid, stranger.pid].includes(again.supervisorPid));
  assert.ok(isAlive(stranger.pid as number));
});

test('one that is started while it runs is the same one, and its data are its own', async () => {
  const first = await ensureSupervised({ ...program, folder, meta: { port: 1 } });
  const second = await ensureSupervised({ ...program, folder, meta: { port: 2 } });
  assert.equal(second.supervisorPid, first.supervisorPid);
  assert.deepEqual(second.meta, { port: 1 });
});

test('one that is killed comes back by itself, and the record counts it', { timeout: 60_000 }, async () => {
  await ensureSupervised({ ...program, folder });
  const { childPid } = await until(async () => {
    const status = await supervisedStatus('program', folder);
    return status.childPid !== undefined && status;
  });
  process.kill(childPid as number, 'SIGKILL');
  const back = await until(async () => {
    const status = await supervisedStatus('program', folder);
    assert.equal(status.state, 'running');
    return status.childPid !== undefined && status.childPid !== childPid && status;
  });
  assert.equal(back.restarts, 1);
  assert.match(back.reason ?? '', /SIGKILL/);
});

test('a port that is asked for is used where it is free, and passed over where it is not', async () => {
  const port = await freePort([]);
  assert.equal(await freePort([port]), port);
  assert.notEqual(await freePort([port], [port]), port);
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  try {
    assert.equal(await isListening(port), true);
    assert.notEqual(await freePort([port]), port);
  } finally {
    server.close();
  }
});
