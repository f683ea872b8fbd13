/** Durations and amounts of memory, as a sweep file writes them. */

export const DURATION = '^(?=.*[1-9])(\\d{1,4}d)?(\\d{1,4}h)?(\\d{1,6}m)?(\\d{1,8}s)?$';
export const MEMORY = '^[1-9]\\d{0,5}(\\.\\d{1,3})?(KiB|MiB|GiB|TiB|KB|MB|GB|TB)$';

/** '1d12h' -> seconds. */
export function secondsOf(duration: string): number {
  const units: Record<string, number> = { d: 86_400, h: 3600, m: 60, s: 1 };
  return [...duration.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, amount, unit = 's']) => sum + Number(amount) * (units[unit] ?? 1),
    0,
  );
}

/** '2GiB' -> bytes. */
export function bytesOf(memory: string): number {
  const [, amount = '0', prefix = 'K', i] = /^([\d.]+)([KMGT])(i?)B$/.exec(memory) ?? [];
  return Number(amount) * (i === 'i' ? 1024 : 1000) ** ('KMGT'.indexOf(prefix) + 1);
}
