/**
 * Which machine this is, as far as process ids go: a folder may be seen from several, and a number says nothing on
 * another.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hashJson } from '../core/json.ts';

/** `name`: for people. `processes`: equal where process ids mean the same: one boot of one machine, one container. */
export interface Host {
  name: string;
  processes: string;
}

const readOr = (read: () => string): string => {
  try {
    return read().trim();
  } catch {
    return ''; // no Linux
  }
};

let own: Host | undefined;

export function thisHost(): Host {
  return (own ??= {
    name: hostname(),
    processes: hashJson({
      name: hostname(),
      boot: readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
      namespace: readOr(() => readlinkSync('/proc/self/ns/pid')),
    }).slice(0, 12),
  });
}
