/** The dev server that comes with us: one per state folder, on 127.0.0.1 only, its history in an SQLite file. */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { UserError } from '../core/errors.ts';
import { stateDir } from '../setup/home.ts';
import type { InstallOptions } from '../setup/progress.ts';
import { installTemporal } from '../setup/temporal.ts';
import { withLock } from '../setup/workplace.ts';
import { SEARCH_ATTRIBUTES } from './attributes.ts';
import { freePort, isListening } from './ports.ts';
import { ensureSupervised, stopSupervised, supervisedStatus } from './supervise.ts';
import type { SupervisedStatus } from './supervise.ts';

const NAME = 'temporal';
const HOST = '127.0.0.1';
const PORT = 7233;
const UI_PORT = 8233;
export const EMBEDDED_NAMESPACE = 'default';
/** The dev server's own is a day; a sweep's history should outlast a weekend. */
const RETENTION_MS = 30 * 24 * 3600 * 1000;

export interface EmbeddedStatus extends SupervisedStatus {
  /** It answers. */
  healthy: boolean;
  address?: string;
  uiUrl?: string;
  database: string;
}

interface Ports { port: number; uiPort: number }

const folder = (): string => join(stateDir(), 'server');
const databasePath = (): string => join(folder(), 'temporal.db');

export async function embeddedStatus(): Promise<EmbeddedStatus> {
  const status = await supervisedStatus(NAME, folder());
  const ports = portsOf(status);
  const known = ports && (status.state === 'running' || status.state === 'orphaned');
  return {
    ...status,
    database: databasePath(),
    healthy: known ? await answers(addressOf(ports)) : false,
    ...(known && { address: addressOf(ports), uiUrl: `http://localhost:${ports.uiPort}` }),
  };
}

/** Starts it and waits until it answers; one that runs, or is just restarting, is only waited for. */
export async function startEmbedded(options: InstallOptions = {}): Promise<EmbeddedStatus & { address: string; uiUrl: string }> {
  const program = await installTemporal(options);
  const report = (message: string): void => options.onProgress?.({ part: 'server', phase: 'wait', message });
  return withLock(join(folder(), 'start'), { signal: options.signal, onWait: () => report('another process is starting it') }, async () => {
    const before = await supervisedStatus(NAME, folder());
    if (before.state !== 'running') {
      if (before.state === 'orphaned') await stopSupervised(NAME, folder());
      const ports = await choosePorts(portsOf(before));
      const command = { command: program.path, args: commandLine(ports), cwd: folder() };
      await ensureSupervised({ name: NAME, folder: folder(), ...command, meta: { ...ports } });
    }
    report('starting');
    for (;;) {
      options.signal?.throwIfAborted();
      const status = await embeddedStatus();
      const { address, uiUrl } = status;
      if (status.healthy && address && uiUrl) {
        await keepHistory(address);
        return { ...status, address, uiUrl };
      }
      if (status.state !== 'running') {
        throw new UserError(`The Temporal server does not start: ${status.reason ?? 'it was stopped'}. Its log: ${status.log}`);
      }
      await sleep(100);
    }
  });
}

export async function stopEmbedded(): Promise<EmbeddedStatus> {
  await stopSupervised(NAME, folder());
  return embeddedStatus();
}

function commandLine({ port, uiPort }: Ports): string[] {
  return [
    'server', 'start-dev', '--ip', HOST, '--port', String(port), '--ui-port', String(uiPort), '--db-filename', databasePath(),
    '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL',
    // The server polls its transfer queue 20 times a second unless told otherwise: a round trip falls from 92 to 10 ms.
    '--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000',
    // Jobs start in the order of their priority (their place in the plan), not in whichever order partitions give them out.
    '--dynamic-config-value', 'matching.useNewMatcher=true',
    '--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1', '--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1',
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    '--log-level', 'warn',
  ];
}

/** Those of last time if they are free, so that workers and browser tabs find it again. */
async function choosePorts(last: Ports | undefined): Promise<Ports> {
  const port = forced('SWEEP_SERVER_PORT') ?? await freePort([...(last ? [last.port] : []), PORT]);
  const uiPort = forced('SWEEP_UI_PORT') ?? await freePort([...(last ? [last.uiPort] : []), ...(port === PORT ? [UI_PORT] : [])], [port]);
  return { port, uiPort };
}

function forced(name: string): number | undefined {
  const value = process.env[name];
  if (!value) return undefined;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UserError(`${name} is ${JSON.stringify(value)}; it should be a port, 1 to 65535.`);
}

/** Where a server of whoever may answer: the usual port, or the one that was asked for in its place. */
export const usualAddress = (): string => addressOf({ port: forced('SWEEP_SERVER_PORT') ?? PORT });

const addressOf = ({ port }: Pick<Ports, 'port'>): string => `${HOST}:${port}`;

function portsOf({ meta }: SupervisedStatus): Ports | undefined {
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) return undefined;
  const { port, uiPort } = meta;
  return typeof port === 'number' && typeof uiPort === 'number' ? { port, uiPort } : undefined;
}

/** Whether a Temporal server answers there and knows our namespace. */
export async function answers(address: string): Promise<boolean> {
  if (!(await isListening(Number(address.split(':')[1])))) return false; // at once, where gRPC would try for seconds
  return withConnection(address, ({ workflowService }) => workflowService.describeNamespace({ namespace: EMBEDDED_NAMESPACE }))
    .then(() => true, () => false);
}

async function keepHistory(address: string): Promise<void> {
  await withConnection(address, async ({ workflowService }) => {
    const { config } = await workflowService.describeNamespace({ namespace: EMBEDDED_NAMESPACE });
    if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1000 >= RETENTION_MS) return;
    const kept = { workflowExecutionRetentionTtl: msToTs(RETENTION_MS) };
    await workflowService.updateNamespace({ namespace: EMBEDDED_NAMESPACE, config: kept });
  });
}

async function withConnection<T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 2000 });
  try {
    return await connection.withDeadline(Date.now() + 3000, () => use(connection));
  } finally {
    await connection.close();
  }
}
