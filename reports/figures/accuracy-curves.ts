import { curvesFigure } from './curves.ts';

/** Figures 1 and 3 of seed 002, in one picture. */
export const accuracyCurves = curvesFigure(() => 'accuracy', { title: 'Accuracy', high: 1, format: '.1f' });
