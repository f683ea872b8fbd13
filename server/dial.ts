/** A client's connection to a Temporal server. */
import { Connection, type ConnectionOptions } from '@temporalio/client';

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);

/**
 * This machine is never behind a proxy, whatever the environment says of other traffic. Workers know no proxy at all.
 */
export function dial(options: ConnectionOptions & { address: string }): Promise<Connection> {
  const direct = isLoopback(options.address.replace(/:\d+$/, ''));
  return Connection.connect({
    ...options,
    ...(direct && { channelArgs: { ...options.channelArgs, 'grpc.enable_http_proxy': 0 } }),
  });
}

/** Whether what is not on this machine is reached through a proxy, as gRPC reads the environment. */
export const hasProxy = (): boolean => ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => process.env[name]);
