/**
 * Where Temporal is: what the environment or a TOML profile says; else whatever answers on the usual port; else our
 * embedded server, started now. One of ours that runs already comes before the usual port: it was started because
 * nothing answered there, and has sweeps in it, which would be lost from sight the moment that somebody starts another
 * server.
 */
import { Client, type ConnectionOptions } from '@temporalio/client';
import { loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import type { ClientConfigProfile, ClientConnectConfig } from '@temporalio/envconfig';
import { UserError } from '../core/errors.ts';
import type { InstallOptions } from '../setup/progress.ts';
import { dial, hasProxy, isLoopback } from './dial.ts';
import {
  EMBEDDED_NAMESPACE,
  answers,
  awaitEmbedded,
  embeddedElsewhere,
  embeddedStatus,
  startEmbedded,
  usualAddress,
} from './embedded.ts';
import { isListening, whyNotListening } from './ports.ts';

export interface TemporalTarget {
  address: string;
  namespace: string;
  source: 'environment' | 'embedded' | 'local';
  uiUrl?: string;
  /** For another connection to the same server, and for a worker's NativeConnection.connect(). */
  connectionOptions: ClientConnectConfig['connectionOptions'];
  client: Client;
}

export interface ConnectOptions extends InstallOptions {
  /** Start the embedded server if there is no other. */
  start: boolean;
  /** Where a server that nobody named may answer; left out: the usual port, or SWEEP_SERVER_PORT. */
  local?: string;
  /** How long one of ours that runs may be silent, in milliseconds; left out: longer where it may be started. */
  patienceMs?: number;
}

const CONNECT_MS = 5_000;

export async function connect({ start, local = usualAddress(), ...options }: ConnectOptions): Promise<TemporalTarget> {
  const profile = readProfile();
  if (profile.address) return connectToProfile(profile, profile.address);

  const embedded = await embeddedStatus();
  if (embedded.healthy && embedded.address) return open(embedded.address, 'embedded', embedded.uiUrl);
  if (embedded.state !== 'running' && (await answers(local))) return open(local, 'local', await uiOf(local));
  if (!start && embedded.state === 'elsewhere') throw new UserError(embeddedElsewhere(embedded));
  if (!start && embedded.state !== 'running') {
    throw new UserError(
      'No Temporal server runs here: start one with `sweep server start`, or set TEMPORAL_ADDRESS to one of yours.',
    );
  }
  // A supervised server that does not answer is on its way back: whoever asks waits, but not for ever.
  const started = await (start ? startEmbedded(options) : awaitEmbedded(options));
  return open(started.address, 'embedded', started.uiUrl);
}

/** Whether the environment or a profile says where the server is. */
export const isServerChosen = (): boolean => Boolean(readProfile().address);

/** Whether there should be a server that answers: the environment names one, or ours runs. */
export const isServerExpected = async (): Promise<boolean> =>
  isServerChosen() || (await embeddedStatus()).state === 'running';

/** Whether connect() would have to start the embedded server, so that its program must be there. */
export async function needsEmbeddedServer(): Promise<boolean> {
  if (isServerChosen()) return false;
  return !((await embeddedStatus()).healthy || (await answers(usualAddress())));
}

/** The page of a workflow in the Temporal UI, where there is one. */
export function workflowUrl(
  target: Pick<TemporalTarget, 'uiUrl' | 'namespace'>,
  workflowId: string,
): string | undefined {
  return (
    target.uiUrl &&
    `${target.uiUrl}/namespaces/${encodeURIComponent(target.namespace)}/workflows/${encodeURIComponent(workflowId)}`
  );
}

function readProfile(): ClientConfigProfile {
  try {
    return loadClientConfigProfile();
  } catch (error) {
    throw new UserError(`The Temporal profile cannot be read: ${firstLine(error)}`);
  }
}

async function connectToProfile(profile: ClientConfigProfile, address: string): Promise<TemporalTarget> {
  const { connectionOptions } = toClientOptions(profile);
  const namespace = profile.namespace ?? EMBEDDED_NAMESPACE;
  const where = `${process.env.TEMPORAL_ADDRESS ? 'TEMPORAL_ADDRESS' : 'the Temporal profile'}, ${address}`;
  const fail = (problem: string): never => {
    throw new UserError(`${problem} (${where}). Correct it, or unset it to use the embedded server.`);
  };
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? fail('The address should look like host:port');
  // At once, where gRPC would try for seconds; it alone knows the way through a proxy.
  const silent =
    hasProxy() && !isLoopback(host ?? '') ? undefined : await whyNotListening(Number(port), host, CONNECT_MS);
  if (silent) fail(`No Temporal server answers: ${silent}`);
  const connection = await dial({
    ...(connectionOptions as ConnectionOptions),
    address,
    connectTimeout: CONNECT_MS,
  }).catch((error: unknown) => fail(`No Temporal server answers: ${firstLine(error)}`));
  await connection
    .withDeadline(Date.now() + CONNECT_MS, () => connection.workflowService.describeNamespace({ namespace }))
    .catch(async (error: unknown) => {
      // Describing a namespace may need a permission that running workflows in it does not.
      if ((error as { code?: number }).code !== 5) return;
      await connection.close();
      fail(`The Temporal server has no namespace ${JSON.stringify(namespace)}`);
    });
  const uiUrl = await uiOf(address);
  const client = new Client({ connection, namespace });
  return { address, namespace, source: 'environment', ...(uiUrl && { uiUrl }), connectionOptions, client };
}

async function open(address: string, source: 'embedded' | 'local', uiUrl: string | undefined): Promise<TemporalTarget> {
  const connectionOptions = { address };
  const connection = await dial({ ...connectionOptions, connectTimeout: CONNECT_MS }).catch((error: unknown) => {
    throw new UserError(`The Temporal server at ${address} has stopped answering: ${firstLine(error)}`);
  });
  const client = new Client({ connection, namespace: EMBEDDED_NAMESPACE });
  return { address, namespace: EMBEDDED_NAMESPACE, source, ...(uiUrl && { uiUrl }), connectionOptions, client };
}

/** Temporal Cloud's, or the dev server's on the usual distance from its port. */
async function uiOf(address: string): Promise<string | undefined> {
  if (/\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(address)) return 'https://cloud.temporal.io';
  const [, host, port] = /^(localhost|127\.0\.0\.1|\[::1\]):(\d+)$/.exec(address) ?? [];
  if (!host || !port) return undefined;
  const embedded = await embeddedStatus();
  if (embedded.address?.endsWith(`:${port}`)) return embedded.uiUrl;
  const uiPort = Number(port) + 1000;
  return (await isListening(uiPort)) ? `http://localhost:${uiPort}` : undefined;
}

function firstLine(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const { details, message } = cause as { details?: string; message?: string };
  return (details || message || String(error)).split('\n')[0] ?? '';
}
