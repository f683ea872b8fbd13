/** Sentences without end, for tasks that change texts letter by letter; and the characters that they are made of. */
import { UserError } from '../../core/errors.ts';
import type { Stream } from '../random.ts';
import { vocabularyOf } from './vocabulary.ts';

const SMALL = 'abcdefghijklmnopqrstuvwxyz';

/** Letters, digits, the space and the commonest marks. */
export const vocabulary = vocabularyOf(`${SMALL}${SMALL.toUpperCase()}0123456789 .,;:!?'-`);

const WORDS = (
  'a able about after again all also always am an and any apples are as ask at away back be because been before book both box bring but by call can ' +
  'change child city close cold come could day did do door down each early earth easy end even every eye face far fast father find fire first five ' +
  'follow food for form found four friend from gave get girl give go good great green group had half hand hard has have he head hear help her here ' +
  'him his hold home hot house how I idea if in is it joke jump just keep kind king know land last late learn leave left letter life light like line ' +
  'list little live long look love made make man many may me mean might mile mind more morning most mother move much must my name near need never ' +
  'new next night no north not note now number of off often old on once one only open or other our out over own page paper part people place plan ' +
  'play point put queen question quick quiet rain read ready red rest right river road room round run said same saw say school sea second see seem ' +
  'sentence set she should show side sit six sleep small snow so some song soon south stand start state still stop story street student study such ' +
  'sun take talk tell ten than that the their them then there these they thing think this those thought three through time to together too took ' +
  'town travel tree true try turn two under until up us use very voice walk want warm was watch water way we week well went were west what when ' +
  'where which while white who why will wind window winter with woman wonder word work world would write year yes you young your zero zone zoo'
).split(' ');

const MARKS = [', ', '. ', '; ', ': ', '! ', '? ', '-', "'s "];

const oneIn = (n: number, draws: Stream): boolean => draws.below(n) === 0;
const anyOf = (list: ArrayLike<string>, draws: Stream): string => list[draws.below(list.length)] as string;

/**
 * A common word or, so that no letter is rare, one of random letters; small, Capitalised, LARGE or mIXeD. Seldom a
 * number.
 */
function word(draws: Stream): string {
  if (oneIn(20, draws)) return String(draws.below(1000));
  const letters = oneIn(4, draws)
    ? Array.from({ length: 2 + draws.below(5) }, () => anyOf(SMALL, draws)).join('')
    : anyOf(WORDS, draws);
  switch (draws.below(8)) {
    case 0:
      return letters.toUpperCase();
    case 1:
      return [...letters].map((letter) => (oneIn(2, draws) ? letter.toUpperCase() : letter)).join('');
    case 2:
    case 3:
      return letters.charAt(0).toUpperCase() + letters.slice(1);
    default:
      return letters;
  }
}

/** A sentence of just so many characters. */
export function sentence(draws: Stream, length: number): string {
  let text = '';
  while (text.length < length) text += word(draws) + (oneIn(6, draws) ? anyOf(MARKS, draws) : ' ');
  return text.slice(0, length).replace(/ $/, '.');
}

/** `count` sentences of minLength to `length` characters, every length equally often. */
export function sentences(draws: Stream, count: number, minLength: number, length: number): string[] {
  return Array.from({ length: count }, () => sentence(draws, minLength + draws.below(length - minLength + 1)));
}

/** Refuses a task's shortest sentence that is longer than its longest. */
export function checkLengths(minLength: number, length: number): void {
  if (minLength <= length) return;
  throw new UserError(`task.minLength is ${minLength}, but task.length is ${length}; give at most ${length}`, 2);
}

/** Rows of codes of different lengths as one, each filled up to `width` with `padding`. */
export function padded(rows: readonly ArrayLike<number>[], width: number, padding: number): Int32Array {
  const filled = new Int32Array(rows.length * width).fill(padding);
  rows.forEach((row, i) => filled.set(Array.from(row), i * width));
  return filled;
}
