/** Words and numbers as people read them. Pure. */
import stringWidth from 'string-width';
import { metricOf } from '../../core/metrics.ts';

export { clean } from './output.ts';

/** Seconds as 0:07, 6:51, 1:02:03, 2d 03:04. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [d, h, m, s] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (d > 0) return `${d}d ${two(h)}:${two(m)}`;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Seconds as a rough guess: about 40 s, about 7 min, about 3 h. */
export function roughly(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `about ${Math.round(seconds / 3600)} h` : `about ${Math.round(seconds / 86_400)} days`;
}

/** How long ago: 12 s, 5 min, 3 h, 9 days. */
export const age = (seconds: number): string => roughly(seconds).replace('about ', '');

export const count = (n: number): string => n.toLocaleString('en-US');

/** A name that ends in s is taken for a plural already: 5 hidden units. */
export const plural = (n: number, one: string, many = one.endsWith('s') ? one : `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** With two decimals or three digits, as suits the metric. */
export function metricValue(name: string, value: number): string {
  if (metricOf(name).format === 'decimals') return value.toFixed(2);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(2);
  return size < 100 ? value.toPrecision(3) : String(Math.round(value));
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));
export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - stringWidth(text))) + text;
