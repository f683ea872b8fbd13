/**
 * The edge of terminal output: everything that a command prints goes through here, and nothing that somebody else wrote
 * moves a cursor.
 */
import { clean, CONTROLS, DIRECTIONS } from '../../core/clean.ts';

export { clean };

/** Of a style (ui/style.ts), and all that it ever writes. */
const OWN_COLOURS = '\\u001b\\[(?:0|1|2|22|31|32|33|39)m';

const unsafe = new RegExp(`(${OWN_COLOURS})|(?![\\n\\t])[${CONTROLS}]|([${DIRECTIONS}])`, 'gu');
/** What JSON.stringify leaves as it is. */
const unescaped = new RegExp(`(?!\\n)[${CONTROLS}${DIRECTIONS}]`, 'gu');

/** What a terminal gets: lines, tabs and our own colours stay. */
export const printable = (text: string): string =>
  text.replace(unsafe, (_, colour?: string, direction?: string) => colour ?? (direction === undefined ? ' ' : ''));

/** JSON that reads as exactly the value, also where it is printed: what a terminal would obey is escaped. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(unescaped, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

export interface Output {
  write(text: string): unknown;
}

export const sayTo = (output: Output, text: string): void => void output.write(`${printable(text)}\n`);
export const say = (text: string): void => sayTo(process.stdout, text);
export const sayJson = (value: unknown, indent = 2): void => say(jsonText(value, indent));
/** What has become of a sweep: a line, or one of JSON. */
export const sayOf = (sweepId: string, { json }: { json?: boolean }, line: string, facts: object): void =>
  say(json ? jsonText({ sweepId, ...facts }) : `${clean(sweepId)} ${line}`);
/** To whoever looks on, beside what the command is for. */
export const tell = (text: string): void => sayTo(process.stderr, text);

let needed = true;
/** For a process whose output is a log: it does its work also where the log's disk is full. */
export const forgoOutput = (): void => {
  needed = false;
};
export const isOutputNeeded = (): boolean => needed;
