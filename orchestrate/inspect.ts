/** Every part that a sweep uses on this machine, and the Temporal server that there is. */
import { UserError } from '../core/errors.ts';
import { connect, isServerExpected } from '../server/connection.ts';
import { embeddedStatus } from '../server/embedded.ts';
import { inspectParts, type Part } from '../setup/inspect.ts';
import { isAddress } from '../store/command.ts';
import { openStore, type Store } from '../store/index.ts';

export async function inspectMachine(runs: string): Promise<Part[]> {
  const store = openStore(runs);
  const inBucket = isAddress(store.url);
  const [parts, bucket, server] = await Promise.all([
    inspectParts(inBucket ? undefined : store.url),
    inBucket ? inspectBucket(store) : [],
    inspectServer(),
  ]);
  return [...parts, bucket, server].flat().map((part) => needed(part, server));
}

/** Whether the bucket answers these credentials. */
async function inspectBucket(store: Store): Promise<Part> {
  const part = { name: 'Runs', path: store.url };
  try {
    await store.list('');
    return { ...part, status: 'ok' };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...part, status: 'missing', hint: error.message };
  }
}

/** Whoever has a server of their own needs no program to start one. */
function needed(part: Part, server: Part): Part {
  return part.name === 'Temporal program' && part.status === 'missing' && server.status === 'ok'
    ? { ...part, status: 'optional' }
    : part;
}

/** In milliseconds. */
const ANSWER_MS = 5000;

async function inspectServer(): Promise<Part> {
  const name = 'Temporal server';
  try {
    const { address, uiUrl, source, client } = await connect({ start: false });
    const { serverVersion } = await client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.connection.workflowService.getSystemInfo({}),
    );
    await client.connection.close();
    const origin = { environment: 'chosen by environment or profile', embedded: 'ours', local: 'found running' }[
      source
    ];
    return {
      name,
      status: 'ok',
      version: `${serverVersion}, ${origin}`,
      path: uiUrl ? `${address}, UI ${uiUrl}` : address,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if ((await isServerExpected()) || (await embeddedStatus()).state === 'elsewhere')
      return { name, status: 'missing', hint: error.message };
    return {
      name,
      status: 'optional',
      version: 'not running',
      hint: '`sweep start` and `sweep server start` start it',
    };
  }
}
