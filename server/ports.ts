/** TCP ports on this machine. */
import { connect, createServer } from 'node:net';

const HOST = '127.0.0.1';

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
    socket.once('error', (error) => answer(error.message || `connect ${(error as NodeJS.ErrnoException).code} ${host}:${port}`));
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

function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
