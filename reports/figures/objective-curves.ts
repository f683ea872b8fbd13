import { curvesFigure } from './curves.ts';

const OTHERS = ['accuracy', 'loss'];

/** Of a program that reports something else. */
export const objectiveCurves = curvesFigure(
  ({ input: { spec } }) =>
    spec.program && !OTHERS.includes(spec.objective.metric) ? spec.objective.metric : undefined,
  {
    title: 'Objective',
    summary: 'the mean of what a program strives for, against its step, where that is neither accuracy nor loss',
    format: '~g',
  },
);
