/**
 * Programs that run on another machine, by a record in a folder that both see: told from one's own, and not touched.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import { workerRecord } from '../../orchestrate/background.ts';
import { thisHost } from '../../server/host.ts';
import { ensureSupervised, stopSupervised, supervisedStatus } from '../../server/supervise.ts';
import { isAlive } from '../../setup/workplace.ts';
import { openStore } from '../../store/index.ts';
import { until } from '../support/machine.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-hosts-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const other = { name: 'node-b', processes: 'of another boot' };
const program = (name: string) => ({
  name,
  folder,
  title: 'The program',
  command: process.execPath,
  args: ['-e', 'setInterval(() => {}, 1000)'],
});
const record = (name: string) => join(folder, `${name}.json`);

/** As its supervisor wrote it on the other machine: the process ids are of that. */
async function writeElsewhere(name: string, changes: object = {}): Promise<void> {
  const { command, args } = program(name);
  await writeFile(
    record(name),
    JSON.stringify({
      host: other,
      supervisor: ['node', 'supervisor.js'],
      command,
      args,
      supervisorPid: 2 ** 22 + 1,
      childPid: 2 ** 22 + 2,
      startedAt: '2026-01-01T00:00:00.000Z',
      restarts: 0,
      state: 'running',
      reason: '',
      ...changes,
    }),
  );
}

test('what runs elsewhere is neither started a second time nor stopped, and a line names its machine', async () => {
  await writeElsewhere('busy');
  const { state, host } = await supervisedStatus('busy', folder);
  assert.deepEqual([state, host], ['elsewhere', 'node-b']);
  const before = await readFile(record('busy'), 'utf8');
  const beats = setInterval(() => void utimes(record('busy'), new Date(), new Date()), 100); // as its supervisor does there
  const refused = (error: unknown) =>
    error instanceof UserError &&
    /^The program of .* runs on node-b, which shares that folder: [^\n]*SWEEP_HOME[^\n]*$/.test(error.message);
  try {
    await assert.rejects(ensureSupervised(program('busy')), refused);
    await assert.rejects(stopSupervised('busy', folder, 100, 'The program'), refused);
  } finally {
    clearInterval(beats);
  }
  assert.equal(await readFile(record('busy'), 'utf8'), before);
});

test('what ran on a machine that is gone is started here', async () => {
  await writeElsewhere('gone');
  await utimes(record('gone'), new Date(), new Date(Date.now() - 3 * 60_000));
  assert.equal((await supervisedStatus('gone', folder)).state, 'stopped');
  const started = await ensureSupervised(program('gone'));
  assert.equal(started.state, 'running');
  assert.equal((await stopSupervised('gone', folder)).state, 'stopped');
});

test(
  "a supervisor touches its record, ends its program once another machine has taken its place, and leaves that one's record as it is",
  { timeout: 60_000 },
  async () => {
    const { supervisorPid = 0, childPid = 0 } = await ensureSupervised(program('taken'));
    const long = new Date(Date.now() - 3 * 60_000);
    await utimes(record('taken'), long, long);
    await until(async () => (await stat(record('taken'))).mtimeMs > long.getTime() + 60_000);
    await writeElsewhere('taken');
    const theirs = await readFile(record('taken'), 'utf8');
    await until(() => !isAlive(supervisorPid) && !isAlive(childPid));
    assert.equal(await readFile(record('taken'), 'utf8'), theirs);
  },
);

test('each machine has a worker of its own for a runs folder that they share', async () => {
  const store = openStore(join(folder, 'runs'));
  const mine = await workerRecord(store, folder);
  assert.ok(mine.name.endsWith(thisHost().name.replace(/[^A-Za-z0-9.-]/g, '_')), mine.name);
  // A container of the same name, in a folder of state that both have.
  await mkdir(mine.folder, { recursive: true });
  await writeElsewhere('taken');
  await writeFile(join(mine.folder, `${mine.name}.json`), await readFile(record('taken')));
  assert.equal((await workerRecord(store, folder)).name, `${mine.name}-${thisHost().processes}`);
});
