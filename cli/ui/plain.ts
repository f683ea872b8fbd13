/** Without a terminal: one line for every event. */
import { closingLines, endedLine, openingLines, plainHint, progressLine, waitingText } from './progress.ts';
import { resultsTable } from './results-table.ts';
import type { Style } from './style.ts';
import { clean, duration, padStart } from './text.ts';
import type { View } from '../../orchestrate/view.ts';
import type { Display, Hint } from './display.ts';

const PROGRESS_EVERY_MS = 60_000;
const TABLE_WIDTH = 120;

export function plainDisplay(print: (line: string) => void, style: Style, hint: Hint = plainHint): Display {
  let progressAt: number | undefined;
  const told = new Set<string>();
  const line = ({ began, seen }: View, text: string) =>
    print(`${padStart(duration((seen - began) / 1000), 7)}  ${text}`);
  return {
    open(opening) {
      openingLines(opening, style, Infinity, hint).forEach(print);
    },
    show(view, ended) {
      for (const trial of ended) line(view, endedLine(trial, view.spec));
      for (const trouble of view.snapshot.trouble ?? []) {
        if (!told.has(trouble)) line(view, `trying again: ${clean(trouble)}`);
        told.add(trouble);
      }
      const waiting = waitingText(view.snapshot);
      if (waiting !== undefined && !told.has(waiting)) {
        line(view, waiting);
        told.add(waiting);
      }
      progressAt ??= view.seen;
      if (view.seen - progressAt < PROGRESS_EVERY_MS) return;
      progressAt = view.seen;
      line(view, progressLine(view));
    },
    end(view, report) {
      const table = resultsTable(view.spec, view.summary, { width: TABLE_WIDTH, height: Infinity }, style);
      if (table.length > 0) ['', ...table, ''].forEach(print);
      closingLines(view, report, style, hint).forEach(print);
    },
    close() {},
  };
}
