/** TCP ports on this machine. */
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

const HOST = '127.0.0.1';

export interface Place {
  host: string;
  port: number;
}

/** Why nothing accepts connections there, as the operating system says it; undefined if something does. */
export function whyNotListening(port: number, host = HOST, timeout = 1000): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout });
    const answer = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => answer(undefined));
    socket.once('timeout', () => answer(`${host}:${port} does not answer`));
    socket.once('error', (error) =>
      answer(error.message || `connect ${(error as NodeJS.ErrnoException).code} ${host}:${port}`),
    );
  });
}

export const isListening = async (port: number): Promise<boolean> => (await whyNotListening(port)) === undefined;

/** The first of `wanted` that nothing uses, else any free port. */
export async function freePort(wanted: readonly number[], taken: readonly number[] = []): Promise<number> {
  for (const port of wanted) {
    if (!taken.includes(port) && !(await isListening(port)) && (await bind(port)) === port) return port;
  }
  const any = await bind(0);
  if (!any) throw new Error(`No free TCP port on ${HOST}.`);
  return any;
}

/**
 * A free port at one of the sixteen million addresses that lead to this machine alone: nobody finds it who cannot ask
 * this machine. Where there is only the first of them, as on macOS, a port of that.
 */
export async function hiddenPlace(): Promise<Place> {
  const host = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
  const port = await bind(0, host);
  return port === undefined ? { host: HOST, port: await freePort([]) } : { host, port };
}

function bind(port: number, host = HOST): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
