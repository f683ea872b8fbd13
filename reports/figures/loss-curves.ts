import { curvesFigure } from './curves.ts';

/** Figures 2 and 4 of seed 002, in one picture. */
export const lossCurves = curvesFigure(() => 'loss', { title: 'Loss', format: '.1f' });
