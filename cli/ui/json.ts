/** For programs: one JSON object a line, each with an `event`: start, trial, progress, end. */
import type { SummaryRow } from '../../core/aggregate.ts';
import { jsonText } from './output.ts';
import type { View } from '../../orchestrate/view.ts';
import type { Display } from './display.ts';

const PROGRESS_EVERY_MS = 5000;

/** Without the single repeats: they are in the report's results.csv. */
export const summaryJson = (summary: readonly SummaryRow[]) =>
  summary.map(({ configuration, n, failed, missing, metrics }) => ({ configuration, n, failed, missing, metrics }));

export function jsonDisplay(print: (line: string) => void): Display {
  let progressAt = -Infinity;
  const event = (name: string, fields: object) => print(jsonText({ event: name, ...fields }));
  const seconds = ({ began, seen }: View) => (seen - began) / 1000;
  return {
    open: ({ spec: { name, description }, ...opening }) => event('start', { name, description, ...opening }),
    show(view, ended) {
      for (const trial of ended) event('trial', { seconds: seconds(view), ...trial });
      if (view.seen - progressAt < PROGRESS_EVERY_MS) return;
      progressAt = view.seen;
      const { snapshot, left, stepsPerSecond } = view;
      event('progress', {
        seconds: seconds(view),
        ...snapshot,
        secondsLeft: left ?? null,
        stepsPerSecond: stepsPerSecond ?? null,
      });
    },
    end({ snapshot: { running: _, ...snapshot }, ...view }, report) {
      event('end', {
        seconds: (view.seen - view.began) / 1000,
        ...snapshot,
        report: report ?? null,
        summary: summaryJson(view.summary),
      });
    },
    close() {},
  };
}
