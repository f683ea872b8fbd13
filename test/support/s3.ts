/** A real S3 server for tests, built with Go from the pinned module in s3-server/ and kept in the cache. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../server/ports.ts';
import { cacheDir } from '../../setup/home.ts';
import { run } from '../../setup/process.ts';
import { findGo, goEnvironment } from '../../setup/temporal-go.ts';
import { exists, makeOnce, removeTree } from '../../setup/workplace.ts';

const MODULE = fileURLToPath(new URL('s3-server', import.meta.url));
const PACKAGE = 'github.com/johannesboyne/gofakes3/cmd/gofakes3';
const FOLDER = 'test-s3-gofakes3-1.2.0';
export const BUCKET = 'runs';

/** Why there is none here; undefined if there is one, or can be. */
export const whyNoS3 = async (): Promise<string | false> =>
  (await exists(join(cacheDir(), FOLDER))) || (await findGo()) !== undefined ? false : 'the S3 server is built with Go';

async function program(): Promise<string> {
  const folder = join(cacheDir(), FOLDER);
  await makeOnce(folder, {}, async (aside) => {
    const own = join(aside, 'go');
    const env = goEnvironment(own);
    const args = ['build', '-buildvcs=false', '-trimpath', '-ldflags', '-s -w', '-o', join(aside, 'server'), PACKAGE];
    const { code, output } = await run((await findGo()) ?? 'go', args, { cwd: MODULE, env });
    if (code !== 0) throw new Error(`Go could not build the S3 server: ${output.slice(-500)}`);
    await removeTree(own);
  });
  return join(folder, 'server');
}

export interface S3Server {
  /** The variables by which clients find it. */
  env: Record<string, string>;
  port: number;
  stop(): Promise<void>;
}

/** An empty one with one bucket, in memory. */
export async function startS3(): Promise<S3Server> {
  const port = await freePort([]);
  const host = `127.0.0.1:${port}`;
  const server = spawn(await program(), ['-backend', 'memory', '-host', host, '-initialbucket', BUCKET], {
    stdio: 'ignore',
  });
  const ended = once(server, 'close');
  for (let tries = 0; !(await isUp(host)); tries++) {
    if (tries === 100 || server.exitCode !== null) throw new Error('the S3 server did not start');
    await setTimeout(50);
  }
  return {
    env: variables(port),
    port,
    async stop() {
      server.kill();
      await ended;
    },
  };
}

export const variables = (port: number): Record<string, string> => ({
  AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test-secret',
});

const isUp = (host: string): Promise<boolean> =>
  fetch(`http://${host}/`).then(
    () => true,
    () => false,
  );

/** What becomes of a request on its way; undefined: it is passed on. */
export type Fault = (incoming: IncomingMessage) => 'fail' | 'lose' | 'cut' | undefined;

export interface S3Proxy {
  port: number;
  seen: { method: string; url: string }[];
  fault: Fault;
  close(): void;
}

/** Passes requests on to the server and counts them; 'lose' drops the answer, 'cut' ends it in its middle. */
export async function startProxy(to: number): Promise<S3Proxy> {
  const own: S3Proxy = { port: 0, seen: [], fault: () => undefined, close: () => listener.close() };
  const listener = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    own.seen.push({ method: incoming.method ?? '', url: incoming.url ?? '' });
    const fault = own.fault(incoming);
    if (fault === 'fail') return void outgoing.writeHead(503).end();
    const { method, url: path, headers } = incoming;
    const options: RequestOptions = { port: to, method: method ?? 'GET', path: path ?? '/', headers };
    const onward = request(options, (answer) => {
      if (fault === 'lose') return void answer.resume().on('end', () => outgoing.destroy());
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fault !== 'cut') return void answer.pipe(outgoing);
      answer.once('data', (bytes: Buffer) => outgoing.write(bytes.subarray(0, 1), () => outgoing.destroy()));
    });
    incoming.pipe(onward);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  own.port = (listener.address() as AddressInfo).port;
  return own;
}
