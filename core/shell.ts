/** Words as a shell takes them, for commands that a person may paste. Pure. */

/**
 * What a terminal may obey or a reader may take for something else is written as its number: bash, zsh and ksh read
 * that.
 */
const UNSEEN = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]/gu;

/** A word as one argument: as it is where that is safe, else quoted. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!text.match(UNSEEN)) return `'${text.replaceAll("'", "'\\''")}'`;
  const inside = text
    .replace(/[\\']/g, '\\$&')
    .replace(UNSEEN, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `$'${inside}'`;
}

/** A line for a shell; operands that look like options stand behind `--`. */
export function commandLine(
  command: readonly string[],
  operands: readonly string[],
  options: readonly string[],
): string {
  const words = operands.some((word) => word.startsWith('-'))
    ? [...command, ...options, '--', ...operands]
    : [...command, ...operands, ...options];
  return words.map(shellWord).join(' ');
}
