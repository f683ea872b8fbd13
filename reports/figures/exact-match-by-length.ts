import { byLength } from './by-length.ts';

/** For tasks that write whole texts: the share of them without a mistake. */
export const exactMatchByLength = byLength('exactMatch');
