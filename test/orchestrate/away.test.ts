/** A Temporal server that is away: it takes connections, as a machine that swaps does, and answers nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { followSweep } from '../../orchestrate/follow.ts';
import { workflowState } from '../../orchestrate/workflow.ts';
import type { TemporalTarget } from '../../server/connection.ts';
import { claimSweep } from '../../store/runs.ts';
import { memoryStore } from '../support/example-run.ts';
import { labSpec } from '../support/laboratory.ts';

const sockets = new Set<Socket>();
let server: Server;
let target: TemporalTarget;
before(async () => {
  server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new Client({ connection: Connection.lazy({ address }) });
  target = { address, namespace: 'default', source: 'environment', connectionOptions: { address }, client };
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('^C ends looking on at once, and a question is given up some time', { timeout: 60_000 }, async () => {
  const store = memoryStore();
  await claimSweep(store, 'lab', labSpec);
  const asked = assert.rejects(workflowState(target, store, 'lab'), ({ cause }: Error) =>
    /DEADLINE_EXCEEDED/.test(String(cause)),
  );
  const given = asked.then(() => 'given up');
  const controller = new AbortController();
  const looking = followSweep(target, store, 'lab', { signal: controller.signal }).next();
  if (sockets.size === 0) await once(server, 'connection');
  controller.abort();
  assert.deepEqual(await looking, { value: undefined, done: true });
  assert.equal(await Promise.race([given, 'waited for']), 'waited for');
  await asked;
});
