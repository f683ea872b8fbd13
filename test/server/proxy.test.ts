/**
 * A proxy in the environment is for other traffic: this machine's own server and workers are reached without it, others
 * through it.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { newMachine, type Machine } from '../support/machine.ts';

/** What the proxy was asked for; it refuses all of it. */
const asked: string[] = [];
const proxy = createServer((request, answer) => {
  asked.push(`${request.method} ${request.url}`);
  answer.writeHead(403).end();
}).on('connect', (request, socket) => {
  asked.push(`CONNECT ${request.url}`);
  socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
});

let machine: Machine;
before(async () => {
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  const listening = proxy.address();
  const url = `http://127.0.0.1:${typeof listening === 'object' ? listening?.port : ''}`;
  const names = ['http_proxy', 'https_proxy', 'grpc_proxy', 'all_proxy'];
  const variables = Object.fromEntries(
    [...names, ...names.map((name) => name.toUpperCase())].map((name) => [name, url]),
  );
  machine = await newMachine({ ...variables, no_proxy: '', no_grpc_proxy: '', NO_PROXY: '', NODE_USE_ENV_PROXY: '1' });
  await writeFile(
    join(machine.folder, 'one.json'),
    JSON.stringify({
      name: 'one',
      task: { name: 'palindrome', length: 5 },
      model: { cell: 'rnn', hiddenUnits: 4 },
      training: { maxSteps: 2, evaluateEvery: 1, batchSize: 2, evaluationSize: 2 },
      space: { 'model.layers': [1] },
      repeats: 1,
      report: { figures: [] },
    }),
  );
});
after(async () => {
  await machine.worker(join(machine.folder, 'runs'));
  await machine.stop();
  proxy.close();
});

test('the server that comes along, its worker and doctor never ask the proxy', { timeout: 240_000 }, async () => {
  const started = await machine.sweep('start', 'one.json', '--backend', 'cpu');
  assert.equal(started.code, 0, await machine.story(started));
  const { stdout } = await machine.sweep('doctor');
  assert.match(stdout, /^Temporal server\s+ok/m);
  const address = `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}`;
  for (const named of [address, address.replace('127.0.0.1', 'localhost')]) {
    assert.match(
      (await machine.spawnWith({ TEMPORAL_ADDRESS: named }, 'doctor').ended).stdout,
      /^Temporal server\s+ok/m,
    );
  }
  assert.deepEqual(asked, []);
});

test('a server elsewhere is asked for through the proxy', { timeout: 60_000 }, async () => {
  const { stdout } = await machine.spawnWith({ TEMPORAL_ADDRESS: 'temporal.invalid:7233' }, 'doctor').ended;
  assert.match(stdout, /^Temporal server\s+missing\s+No Temporal server answers: .*temporal\.invalid:7233/m);
  assert.ok(asked.includes('CONNECT temporal.invalid:7233'), asked.join('\n'));
});
