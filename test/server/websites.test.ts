/**
 * Whether a website in somebody's browser can use the Temporal server that comes along: a real one, and requests as
 * browsers send them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { after, before, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { newMachine, until, type Machine } from '../support/machine.ts';

let machine: Machine;
let client: Client;
before(async () => {
  machine = await newMachine();
  const { code, stderr } = await machine.sweep('server', 'start');
  assert.equal(code, 0, stderr);
  client = new Client({
    connection: await Connection.connect({ address: `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}` }),
  });
  await until(() =>
    ask({ path: '/healthz' }).then(
      ({ code: up }) => up === 200,
      () => false,
    ),
  );
});
after(async () => {
  await client.connection.close();
  await machine.stop();
});

interface Question {
  host?: string;
  port?: number;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}
interface Reply {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Rejects where no HTTP is spoken. Left out: the port that people are told of. */
function ask({
  host = '127.0.0.1',
  port = Number(machine.env['SWEEP_UI_PORT']),
  method = 'GET',
  path = '/',
  headers = {},
  body,
}: Question): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, method, path, headers: { host: `localhost:${port}`, ...headers } }, (reply) => {
      let text = '';
      reply
        .setEncoding('utf8')
        .on('data', (part: string) => {
          text += part;
        })
        .on('end', () => resolve({ code: reply.statusCode ?? 0, headers: reply.headers, text }));
    });
    asked.on('error', reject).end(body);
  });
}

/** Where the server's process listens. */
function listening(pid: number): { host: string; port: number }[] {
  if (process.platform !== 'linux') {
    const names = execFileSync('lsof', ['-aPn', '-iTCP', '-sTCP:LISTEN', '-p', String(pid), '-Fn'], {
      encoding: 'utf8',
    }).matchAll(/^n(.+):(\d+)$/gm);
    return [...names].map(([, host = '', port]) => ({ host, port: Number(port) }));
  }
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9]))
    .map(([, local = '']) => {
      const [host = '', port = ''] = local.split(':');
      return {
        host: (host.match(/../g) ?? [])
          .reverse()
          .map((byte) => parseInt(byte, 16))
          .join('.'),
        port: parseInt(port, 16),
      };
    });
}

const order = JSON.stringify({ workflowType: { name: 'nothing' }, taskQueue: { name: 'nobody' } });
const evil = {
  origin: 'http://evil.example',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'no-cors',
  'content-type': 'text/plain',
};
/** A page on another port of this machine. */
const neighbour = {
  origin: 'http://localhost:3000',
  'sec-fetch-site': 'same-site',
  'sec-fetch-mode': 'cors',
  'content-type': 'application/json',
  authorization: 'Bearer x',
};
/** A page whose name leads to this machine: to the browser, its own server. */
const rebound = {
  host: 'evil.example',
  origin: 'http://evil.example',
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
  authorization: 'Bearer x',
};

test('no port of 127.0.0.1 that the server has starts a workflow for a website', async () => {
  const { childPid = 0 } = await machine.server();
  const ports = listening(childPid)
    .filter(({ host }) => host === '127.0.0.1')
    .map(({ port }) => port);
  assert.ok(ports.length >= 3, String(ports));
  const answered: Reply[] = [];
  for (const port of [Number(machine.env['SWEEP_UI_PORT']), ...ports]) {
    for (const headers of [evil, neighbour, rebound]) {
      const path = '/api/v1/namespaces/default/workflows/of-a-website';
      const reply = await ask({ port, method: 'POST', path, headers, body: order }).catch(() => undefined);
      if (reply !== undefined) answered.push(reply);
    }
  }
  assert.ok(
    answered.every(({ code }) => code === 403 || code === 404),
    answered.map(({ code, text }) => `${code} ${text}`).join('\n'),
  );
  assert.ok(answered.filter(({ code }) => code === 403).length >= 6, 'of the UI and of the HTTP API');
  await assert.rejects(client.workflow.getHandle('of-a-website').describe(), /not found/);
});

test('a website reads nothing through the UI, and is told why in a line; a link from it to a page of the UI works', async () => {
  const path = '/api/v1/namespaces';
  for (const headers of [
    evil,
    neighbour,
    rebound,
    { host: 'localhost.evil.example' },
    { host: '127.0.0.1.evil.example' },
    { origin: 'null' },
  ]) {
    const { code, text } = await ask({ path, headers: { 'sec-fetch-mode': 'cors', ...headers } });
    assert.deepEqual([code, text.split('\n').length], [403, 2], text);
    assert.match(text, /refused; allowed: /);
  }
  const link = await ask({ headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } });
  assert.equal(link.code, 200);
  assert.equal(link.headers['x-frame-options'], 'SAMEORIGIN', 'nobody puts it into a frame');
});

test('the UI itself works: its page, what it reads, and what it starts', async () => {
  const page = await ask({});
  assert.match(page.text, /<html/);
  const [cookie = ''] = page.headers['set-cookie'] ?? [];
  const token = /_csrf=([^;]+)/.exec(cookie)?.[1] ?? '';
  for (const host of ['localhost', '127.0.0.1'].map((name) => `${name}:${machine.env['SWEEP_UI_PORT']}`)) {
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' };
    const { code, text } = await until(async () => {
      const answer = await ask({ path: '/api/v1/namespaces', headers: { host, 'sec-fetch-site': 'same-origin' } });
      return answer.code === 503 ? undefined : answer; // the UI is up a moment before it has found its server
    });
    assert.deepEqual([code, text.includes('default')], [200, true]);
    const id = `of-the-ui-at-${host.split(':')[0]}`;
    const headers = { ...own, 'content-type': 'application/json', 'x-csrf-token': token, cookie: `_csrf=${token}` };
    assert.equal(
      (await ask({ method: 'POST', path: `/api/v1/namespaces/default/workflows/${id}`, headers, body: order })).code,
      200,
    );
    assert.equal((await client.workflow.getHandle(id).describe()).status.name, 'RUNNING');
  }
});

test('what the UI really listens at cannot be guessed where a machine has more than one address of its own', async () => {
  const { childPid = 0 } = await machine.server();
  const hidden = listening(childPid).filter(({ host }) => host.startsWith('127.') && host !== '127.0.0.1');
  assert.equal(hidden.length, process.platform === 'darwin' ? 0 : 1);
});
