/**
 * The dev server that comes with us: one per state folder, on 127.0.0.1 only, its history in an SQLite file. Every
 * program of this machine may talk to it; websites may not, which a browser would otherwise let knock at its ports.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { UserError } from '../core/errors.ts';
import { stateDir } from '../setup/home.ts';
import type { InstallOptions } from '../setup/progress.ts';
import { installTemporal } from '../setup/temporal.ts';
import { withLock } from '../setup/workplace.ts';
import { SEARCH_ATTRIBUTES } from './attributes.ts';
import { dial } from './dial.ts';
import { freePort, hiddenPlace, isListening, type Place } from './ports.ts';
import { ensureSupervised, runsElsewhere, stopSupervised, supervisedStatus } from './supervise.ts';
import type { SupervisedStatus } from './supervise.ts';

const NAME = 'temporal';
const TITLE = 'The Temporal server';
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

/** One that answers. */
export type Answering = EmbeddedStatus & { address: string; uiUrl: string };

/**
 * For how long one that runs may be silent, in milliseconds: it may be on its way back, which takes some seconds on a
 * busy machine.
 */
const PATIENCE_MS = 15_000;
/** The same for one that was just started, which may have a large database to read. */
const START_PATIENCE_MS = 60_000;

interface Ports {
  port: number;
  uiPort: number;
}

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
    ...(known && { address: addressOf(ports) }),
    ...(known && status.state === 'running' && { uiUrl: `http://localhost:${ports.uiPort}` }), // its supervisor shows it
  };
}

/** Starts it and waits until it answers; one that runs, or is just restarting, is only waited for. */
export async function startEmbedded(options: InstallOptions & Patience = {}): Promise<Answering> {
  const program = await installTemporal(options);
  const report = (message: string): void => options.onProgress?.({ part: 'server', phase: 'wait', message });
  await withLock(
    join(folder(), 'start'),
    { signal: options.signal, onWait: () => report('another process is starting it') },
    async () => {
      const before = await supervisedStatus(NAME, folder());
      if (before.state === 'running') return;
      if (before.state === 'orphaned') await stopSupervised(NAME, folder());
      if (before.state === 'elsewhere') report(`looking whether ${before.host} still runs it`);
      const ports = await choosePorts(portsOf(before));
      const ui = await hiddenPlace();
      const command = { command: program.path, args: commandLine(ports.port, ui), cwd: folder() };
      await ensureSupervised({
        name: NAME,
        title: TITLE,
        folder: folder(),
        ...command,
        meta: { ...ports },
        front: { port: ports.uiPort, to: ui },
      });
    },
  );
  report('starting');
  const status = await awaitEmbedded({ patienceMs: START_PATIENCE_MS, ...options });
  await keepHistory(status.address);
  return status;
}

export interface Patience {
  signal?: AbortSignal | undefined;
  patienceMs?: number | undefined;
}

/** Waits for one that runs until it answers. Throws a UserError if it ends, or stays silent. */
export async function awaitEmbedded({ signal, patienceMs = PATIENCE_MS }: Patience = {}): Promise<Answering> {
  const since = Date.now();
  for (;;) {
    signal?.throwIfAborted();
    const status = await embeddedStatus();
    const { address, uiUrl, state, log } = status;
    if (status.healthy && address && uiUrl) return { ...status, address, uiUrl };
    if (state !== 'running')
      throw new UserError(`The Temporal server does not start: ${status.reason ?? 'it was stopped'}. Its log: ${log}`);
    if (Date.now() - since > patienceMs) throw new UserError(silence(status, patienceMs));
    await sleep(100);
  }
}

function silence({ address = '', childPid, log }: EmbeddedStatus, patienceMs: number): string {
  const which = `The Temporal server at ${address} (${childPid === undefined ? 'being started again' : `process ${childPid}`})`;
  const cure = 'start it again with: sweep server stop, then sweep server start';
  return `${which} has not answered for ${Math.round(patienceMs / 1000)} seconds: it is stopped or overloaded; ${cure}. Its log: ${log}`;
}

/** What to say where the server of this state folder runs on another machine, which has its database open. */
export const embeddedElsewhere = ({ host }: SupervisedStatus): string => runsElsewhere(TITLE, folder(), host);

export async function stopEmbedded(): Promise<EmbeddedStatus> {
  await stopSupervised(NAME, folder(), undefined, TITLE);
  return embeddedStatus();
}

function commandLine(port: number, ui: Place): string[] {
  return [
    'server',
    'start-dev',
    '--ip',
    HOST,
    '--port',
    String(port),
    '--ui-ip',
    ui.host,
    '--ui-port',
    String(ui.port),
    '--db-filename',
    databasePath(),
    '--sqlite-pragma',
    'journal_mode=WAL',
    '--sqlite-pragma',
    'synchronous=NORMAL',
    // Its HTTP API cannot be left out, and would let a website start workflows: a host that no request can have is the
    // only one allowed.
    '--dynamic-config-value',
    'frontend.httpAllowedHosts=["/"]',
    // The server polls its transfer queue 20 times a second unless told otherwise: a round trip falls from 92 to 10 ms.
    '--dynamic-config-value',
    'history.transferProcessorMaxPollRPS=2000',
    // Jobs start in the order of their priority (their place in the plan), not in whichever order partitions give them
    // out.
    '--dynamic-config-value',
    'matching.useNewMatcher=true',
    '--dynamic-config-value',
    'matching.numTaskqueueReadPartitions=1',
    '--dynamic-config-value',
    'matching.numTaskqueueWritePartitions=1',
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    '--log-level',
    'warn',
  ];
}

/** Those of last time if they are free, so that workers and browser tabs find it again. */
async function choosePorts(last: Ports | undefined): Promise<Ports> {
  const port = forced('SWEEP_SERVER_PORT') ?? (await freePort([...(last ? [last.port] : []), PORT]));
  const uiPort =
    forced('SWEEP_UI_PORT') ??
    (await freePort([...(last ? [last.uiPort] : []), ...(port === PORT ? [UI_PORT] : [])], [port]));
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
  return withConnection(address, ({ workflowService }) =>
    workflowService.describeNamespace({ namespace: EMBEDDED_NAMESPACE }),
  ).then(
    () => true,
    () => false,
  );
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
  const connection = await dial({ address, connectTimeout: 2000 });
  try {
    return await connection.withDeadline(Date.now() + 3000, () => use(connection));
  } finally {
    await connection.close();
  }
}
