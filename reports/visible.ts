/** Texts that networks wrote, as people can read them: they may hold any character. */

/** What has no look of its own: controls, marks of direction and other format characters, line ends, halves of pairs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Signs that every font has. */
const SIGNS: Readonly<Record<string, string>> = { '\n': '↵', '\t': '⇥' };

/** A line end as ↵, a tab as ⇥, and anything else that would not be seen as ⟨U+202E⟩. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (c) => SIGNS[c] ?? `⟨U+${(c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/** At most `most` characters, the last of which then says that there are more. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
