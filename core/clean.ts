/**
 * Control characters, and those that turn the direction of what stands beside them: a name with them may read as
 * another one. As parts of a regular expression's class.
 */
export const CONTROLS = '\\p{Cc}\\u2028\\u2029';
export const DIRECTIONS = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u206f';

const everyControl = new RegExp(`[${CONTROLS}]+`, 'gu');
const everyDirection = new RegExp(`[${DIRECTIONS}]`, 'gu');

/**
 * Text that somebody else wrote, safe to print: no control characters (they move cursors), no direction overrides, one
 * line.
 */
export const clean = (text: string): string => text.replace(everyControl, ' ').replace(everyDirection, '').trim();
