/** The embedded Temporal server and its supervisor: real processes in a folder of their own, on ports of their own. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { UserError } from '../../core/errors.ts';
import { ensureSearchAttributes } from '../../server/attributes.ts';
import { connect, workflowUrl } from '../../server/connection.ts';
import { embeddedStatus, startEmbedded, stopEmbedded } from '../../server/embedded.ts';
import { freePort, isListening } from '../../server/ports.ts';
import { ensureSupervised, stopSupervised, supervisedStatus } from '../../server/supervise.ts';
import { cacheDir } from '../../setup/home.ts';
import { installTemporal } from '../../setup/temporal.ts';
import { isAlive } from '../../setup/workplace.ts';

const execute = promisify(execFile);
let home: string;

before(async () => {
  await installTemporal();
  const cache = cacheDir();
  home = await mkdtemp(join(tmpdir(), 'sweep-server-'));
  await symlink(cache, join(home, 'cache'));
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
  process.env.TEMPORAL_CONFIG_FILE = join(home, 'none.toml');
  process.env.SWEEP_HOME = home;
  process.env.SWEEP_SERVER_PORT = String(await freePort([]));
  process.env.SWEEP_UI_PORT = String(await freePort([], [Number(process.env.SWEEP_SERVER_PORT)]));
});

after(async () => {
  await stopEmbedded();
  await rm(home, { recursive: true, force: true });
});

/** Polls until it is so; the test runner's own time limit is the only other end. */
async function until<T>(probe: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const value = await probe();
    if (value) return value;
    await sleep(50);
  }
}

const oneLine =
  (pattern: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof UserError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    assert.match(error.message, pattern);
    return true;
  };

test('without a server and without leave to start one, connecting says what to do', async () => {
  await assert.rejects(connect({ start: false }), oneLine(/sweep server start/));
});

test('two starts at once are one server, and a third finds it', async () => {
  const program = `import { startEmbedded } from './server/embedded.ts'; console.log(JSON.stringify(await startEmbedded()));`;
  const start = async (): Promise<{ childPid: number }> => {
    const { stdout } = await execute(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
    return JSON.parse(stdout) as { childPid: number };
  };
  const [one, two] = await Promise.all([start(), start()]);
  const three = await startEmbedded();
  assert.equal(one.childPid, two.childPid);
  assert.equal(one.childPid, three.childPid);
  assert.equal(three.address, `127.0.0.1:${process.env.SWEEP_SERVER_PORT}`);
  assert.equal((await fetch(`http://127.0.0.1:${process.env.SWEEP_UI_PORT}`)).status, 200);
});

test('a server killed with -9 comes back with its data', async () => {
  const { client } = await connect({ start: false });
  const searchAttributes = { SweepName: ['kept'], SweepBest: [0.5] };
  await client.workflow.start('Nobody', { workflowId: 'kept', taskQueue: 'none', searchAttributes });
  const killed = await embeddedStatus();
  process.kill(killed.childPid ?? 0, 'SIGKILL');
  const back = await until(async () => {
    const status = await embeddedStatus();
    return status.healthy && status.childPid !== undefined && status.childPid !== killed.childPid && status; // undefined: not started again yet
  });
  assert.equal(back.address, killed.address);
  assert.equal(back.restarts, 1);
  const kept = await client.workflow.getHandle('kept').describe();
  assert.equal(kept.status.name, 'RUNNING');
  assert.deepEqual(kept.searchAttributes.SweepBest, [0.5]);
  await client.connection.close();
});

test('a server that lost its supervisor gets one again, and there is one server', async () => {
  const lost = await embeddedStatus();
  process.kill(lost.supervisorPid ?? 0, 'SIGKILL');
  await until(async () => (await embeddedStatus()).state === 'orphaned');
  const again = await startEmbedded();
  assert.equal(again.state, 'running');
  assert.equal(again.address, lost.address);
  assert.ok(!isAlive(lost.childPid ?? 0), 'the orphan is gone');
  const { client } = await connect({ start: false });
  assert.equal((await client.workflow.getHandle('kept').describe()).status.name, 'RUNNING');
  await client.connection.close();
});

test('history is kept for thirty days', async () => {
  const { client, namespace } = await connect({ start: false });
  const { config } = await client.workflowService.describeNamespace({ namespace });
  assert.equal(Number(config?.workflowExecutionRetentionTtl?.seconds), 30 * 86_400);
  await client.connection.close();
});

test('TEMPORAL_ADDRESS comes first: reachable, unreachable, malformed, with an unknown namespace', async () => {
  const { address, uiUrl } = await embeddedStatus();
  const restore = (): void => ['ADDRESS', 'NAMESPACE'].forEach((name) => delete process.env[`TEMPORAL_${name}`]);
  try {
    process.env.TEMPORAL_ADDRESS = address ?? '';
    const target = await connect({ start: true });
    assert.equal(target.source, 'environment');
    assert.equal(workflowUrl(target, 'a b'), `${uiUrl}/namespaces/default/workflows/a%20b`);
    await target.client.connection.close();
    process.env.TEMPORAL_NAMESPACE = 'nowhere';
    await assert.rejects(connect({ start: true }), oneLine(/"nowhere".*TEMPORAL_ADDRESS/));
    process.env.TEMPORAL_ADDRESS = `127.0.0.1:${await freePort([])}`;
    await assert.rejects(connect({ start: true }), oneLine(/ECONNREFUSED.*TEMPORAL_ADDRESS/));
    process.env.TEMPORAL_ADDRESS = 'nonsense';
    await assert.rejects(connect({ start: true }), oneLine(/host:port.*nonsense/));
  } finally {
    restore();
  }
});

test('a profile in a TOML file says where the server is, and is named where it is wrong', async () => {
  const { address } = await embeddedStatus();
  const file = process.env.TEMPORAL_CONFIG_FILE ?? '';
  const profile = (where: string) =>
    writeFile(file, `[profile.default]\naddress = "${where}"\nnamespace = "default"\n`);
  try {
    await profile(address ?? '');
    const target = await connect({ start: false });
    assert.deepEqual([target.source, target.address, target.namespace], ['environment', address, 'default']);
    await target.client.connection.close();
    await profile(`127.0.0.1:${await freePort([])}`);
    await assert.rejects(connect({ start: true }), oneLine(/ECONNREFUSED.*the Temporal profile/));
    await writeFile(file, '[profile');
    await assert.rejects(connect({ start: true }), oneLine(/profile cannot be read/));
  } finally {
    await rm(file, { force: true });
  }
});

test('what answers on the usual port is used where none of ours runs, and what does not speak Temporal is passed over', async () => {
  const { address = '', uiUrl } = await embeddedStatus();
  const sourceOf = async (local?: string) => {
    const { source, client } = await connect({ start: false, ...(local !== undefined && { local }) });
    await client.connection.close();
    return source;
  };
  assert.equal(await sourceOf(address), 'embedded');
  process.env.SWEEP_HOME = join(home, 'elsewhere'); // where nobody knows that server
  try {
    assert.equal(await sourceOf(address), 'local');
    assert.equal(await sourceOf(), 'local', 'SWEEP_SERVER_PORT is that port, and nobody looks at 7233');
    await assert.rejects(
      sourceOf(new URL(uiUrl ?? '').host.replace('localhost', '127.0.0.1')),
      oneLine(/sweep server start/),
    );
    await assert.rejects(sourceOf(`127.0.0.1:${await freePort([])}`), oneLine(/sweep server start/));
  } finally {
    process.env.SWEEP_HOME = home;
  }
});

test('something that listens but speaks no Temporal is one line', async () => {
  const deaf = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => void deaf.listen(0, '127.0.0.1', resolve));
  const listening = deaf.address();
  process.env.TEMPORAL_ADDRESS = `127.0.0.1:${typeof listening === 'object' ? listening?.port : ''}`;
  try {
    await assert.rejects(connect({ start: true }), oneLine(/No Temporal server answers/));
  } finally {
    delete process.env.TEMPORAL_ADDRESS;
    deaf.close();
  }
});

test('search attributes that a server lacks are registered', async () => {
  const { client, namespace } = await connect({ start: false });
  await client.connection.operatorService.removeSearchAttributes({ namespace, searchAttributes: ['SweepTask'] });
  assert.equal(await ensureSearchAttributes(client), true);
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  assert.equal(customAttributes.SweepTask, 2);
  await client.connection.close();
});

test('stopped, it is gone; started again, it is where it was unless its port was taken', async () => {
  const { SWEEP_SERVER_PORT, SWEEP_UI_PORT } = process.env;
  const { childPid = 0, supervisorPid = 0, address } = await embeddedStatus();
  const stopped = await stopEmbedded();
  assert.equal(stopped.state, 'stopped');
  assert.ok(!isAlive(childPid) && !isAlive(supervisorPid));
  assert.equal(await isListening(Number(SWEEP_SERVER_PORT)), false);
  delete process.env.SWEEP_SERVER_PORT;
  delete process.env.SWEEP_UI_PORT;
  assert.equal((await startEmbedded()).address, address);
  await stopEmbedded();
  const thief = createServer();
  await new Promise<void>((resolve) => void thief.listen(Number(SWEEP_SERVER_PORT), '127.0.0.1', resolve));
  try {
    const elsewhere = await startEmbedded();
    assert.notEqual(elsewhere.address, address);
    assert.ok(elsewhere.healthy);
  } finally {
    thief.close();
    Object.assign(process.env, { SWEEP_SERVER_PORT, SWEEP_UI_PORT });
  }
});

test('a supervised program that always fails is given up, with its last words', async () => {
  const folder = join(home, 'failing');
  const args = ['-e', 'console.error("no such luck"); process.exit(3)'];
  await ensureSupervised({ name: 'failing', folder, command: process.execPath, args, quickFailures: 1 });
  const status = await until(async () => {
    const now = await supervisedStatus('failing', folder);
    return now.state === 'failed' && now;
  });
  assert.equal(status.restarts, 1);
  assert.match(status.reason ?? '', /code 3.*no such luck/);
  assert.equal((await readFile(status.log, 'utf8')).match(/no such luck/g)?.length, 2);
});

test('a supervised program that ends well is not started again, one that ignores SIGTERM is killed', async () => {
  const folder = join(home, 'others');
  await ensureSupervised({ name: 'brief', folder, command: process.execPath, args: ['-e', ''] });
  await until(async () => (await supervisedStatus('brief', folder)).state === 'stopped');
  const args = ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'];
  const stubborn = await ensureSupervised({ name: 'stubborn', folder, command: process.execPath, args, graceMs: 300 });
  assert.equal(stubborn.state, 'running');
  assert.equal((await stopSupervised('stubborn', folder)).state, 'stopped');
  assert.ok(!isAlive(stubborn.childPid ?? 0) && !isAlive(stubborn.supervisorPid ?? 0));
});

test('what is supervised ends when its folder is removed', async () => {
  const folder = join(home, 'removed');
  await mkdir(folder);
  const { supervisorPid = 0, childPid = 0 } = await ensureSupervised({
    name: 'forgotten',
    folder,
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
  });
  await rm(folder, { recursive: true });
  await until(async () => !isAlive(supervisorPid) && !isAlive(childPid));
});
