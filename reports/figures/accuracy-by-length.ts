import { byLength } from './by-length.ts';

/** Seed 001 question 1.3: accuracy versus palindrome length. */
export const accuracyByLength = byLength('accuracy');
