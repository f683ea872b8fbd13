/**
 * Texts that networks, spec files and folders' names hold, as people can read them: they may have any character. Every
 * output goes through here.
 */

/**
 * What has no look of its own: controls, marks of direction and other format characters, fillers, line ends, halves of
 * pairs; but not how an emoji is to look.
 */
const UNSEEN = /(?![\uFE00-\uFE0F])[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Signs that every font has. */
const SIGNS: Readonly<Record<string, string>> = { '\n': '↵', '\t': '⇥' };

/** A line end as ↵, a tab as ⇥, and anything else that would not be seen as ⟨U+202E⟩. */
export function visible(text: string): string {
  return text.replace(
    UNSEEN,
    (c) => SIGNS[c] ?? `⟨U+${(c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

/**
 * Text that stands in a line: control characters and line ends are a space, what else would not be seen is shown.
 * Idempotent.
 */
export const oneLine = (text: string): string => visible(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '));

/** A longer label is no name to read in a picture: what is left of it fits the legend of one. */
const LONGEST_LABEL = 80;
const ENDS = [12, 11] as const;

/** A label that is too long, without its middle; ends are what tells most of them apart. */
export function cutLabel(label: string): string {
  const characters = [...label];
  return characters.length <= LONGEST_LABEL
    ? label
    : `${characters.slice(0, ENDS[0]).join('')}…${characters.slice(-ENDS[1]).join('')}`;
}

/** The same of many, each other than all before: equal ones are numbered. */
export function cutLabels(labels: Iterable<string>): (label: string) => string {
  const cut = new Map<string, string>();
  const taken = new Set<string>();
  for (const label of new Set(labels)) {
    const short = cutLabel(label);
    let name = short;
    for (let k = 2; taken.has(name); k++) name = `${short} (${k})`;
    taken.add(name);
    cut.set(label, name);
  }
  return (label) => cut.get(label) ?? label;
}

/** At most `most` characters, the last of which then says that there are more. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
