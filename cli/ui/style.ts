import { createColors } from 'picocolors';

/** What the terminal can show. */
export interface Style {
  unicode: boolean;
  colors: boolean;
  dim(text: string): string;
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export function styleWith({ unicode, colors }: { unicode: boolean; colors: boolean }): Style {
  const { dim, bold, red, green, yellow } = createColors(colors);
  return { unicode, colors, dim, bold, red, green, yellow };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** https://no-color.org; FORCE_COLOR for those who pipe into a pager that shows colours. */
function wantsColors(isTerminal: boolean, env: Environment): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return isTerminal && env['TERM'] !== 'dumb';
}

/** The first of these that is set decides, as for every program; nothing set is the C locale, which is ASCII. */
function isUtf8(env: Environment, platform: string): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale) || (locale === '' && platform !== 'linux');
}

export function styleOf(
  stream: { isTTY?: boolean },
  env: Environment = process.env,
  platform: string = process.platform,
): Style {
  return styleWith({ colors: wantsColors(stream.isTTY === true, env), unicode: isUtf8(env, platform) });
}

/** The characters that have an ASCII stand-in. */
export function symbols({ unicode }: Pick<Style, 'unicode'>) {
  return unicode
    ? { dot: '·', dash: '—', times: '×', ellipsis: '…', heavy: '━', light: '─', half: '╸', cross: '✗' }
    : { dot: '|', dash: '-', times: 'x', ellipsis: '...', heavy: '#', light: '-', half: '#', cross: 'x' };
}
