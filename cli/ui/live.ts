/** The live display of a terminal: a region at the bottom that is drawn over itself, and lines that stay above it. */
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { printable } from './output.ts';
import { closingLines, endedLine, frame, openingLines, plainHint, waitingLine } from './progress.ts';
import { resultsTable } from './results-table.ts';
import { symbols, type Style } from './style.ts';
import type { View } from '../../orchestrate/view.ts';
import type { Display, Hint } from './display.ts';

export interface Terminal {
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 200;
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
// A terminal that knows these draws what is between them in one go; others ignore them.
const BEGIN_UPDATE = '\u001B[?2026h';
const END_UPDATE = '\u001B[?2026l';
const CLEAR_LINE_END = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

/** The lines at the bottom that are ours. Each draw is one write that leaves no moment of emptiness. */
export function region(terminal: Terminal) {
  let shown: string[] = [];
  /** Rows that the lines take now: after the terminal became narrower a line may have been wrapped into several. */
  const taken = () => {
    const columns = terminal.columns ?? 80;
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
    return Math.min(rows, (terminal.rows ?? 24) - 1);
  };
  const home = () => (taken() === 0 ? '\r' : `\r\u001B[${taken()}A`);
  return {
    draw(lines: string[]): void {
      if (lines.length === shown.length && lines.every((line, i) => line === shown[i])) return;
      terminal.write(
        BEGIN_UPDATE +
          home() +
          lines.map((line) => `${printable(line)}${CLEAR_LINE_END}\n`).join('') +
          CLEAR_BELOW +
          END_UPDATE,
      );
      shown = lines;
    },
    /** Lines that stay, above the region. */
    print(lines: string[]): void {
      if (lines.length === 0) return;
      terminal.write(
        BEGIN_UPDATE +
          home() +
          CLEAR_BELOW +
          [...lines, ...shown].map((line) => `${printable(line)}\n`).join('') +
          END_UPDATE,
      );
    },
    clear(): void {
      terminal.write(home() + CLEAR_BELOW);
      shown = [];
    },
  };
}

export interface LiveOptions {
  now?: () => number;
  hint?: Hint;
}

export function liveDisplay(
  terminal: NodeJS.WriteStream,
  style: Style,
  { now = Date.now, hint = plainHint }: LiveOptions = {},
): Display {
  const bottom = region(terminal);
  let latest: View | undefined;
  let timer: NodeJS.Timeout | undefined;
  let opened = now();
  let ended = false;
  const size = () => ({ width: terminal.columns ?? 80, height: terminal.rows ?? 24 });
  const draw = () => {
    const { width, height } = size();
    if (ended) return;
    if (latest) bottom.draw(['', ...frame(latest, { width, height: height - 2, style }, now())]);
    else bottom.draw(['', `  ${cliTruncate(waitingLine((now() - opened) / 1000, style, hint), width - 3)}`]);
  };
  const resized = () => {
    bottom.clear(); // what is on the screen is no longer what was written
    draw();
  };
  const showCursor = () => terminal.write(SHOW_CURSOR);
  return {
    open(opening) {
      opened = now();
      terminal.write(`${printable(openingLines(opening, style, size().width, hint).join('\n'))}\n${HIDE_CURSOR}`);
      process.once('exit', showCursor);
      terminal.on('resize', resized);
      timer = setInterval(draw, REDRAW_MS);
    },
    show(view, ended) {
      const first = latest === undefined;
      latest = view;
      const noteworthy = ended.filter(({ status }) => status !== 'completed');
      bottom.print(noteworthy.map((trial) => `  ${style.red(symbols(style).cross)} ${endedLine(trial, view.spec)}`));
      if (first) draw();
    },
    end(view, report) {
      ended = true;
      bottom.clear();
      const { width } = size();
      const table = resultsTable(view.spec, view.summary, { width: width - 3, height: 60 }, style);
      const lines = [
        '',
        ...table.map((line) => `  ${line}`),
        ...(table.length > 0 ? [''] : []),
        ...closingLines(view, report, style, hint),
        '',
      ];
      terminal.write(printable(lines.join('\n')));
    },
    close() {
      clearInterval(timer);
      terminal.off('resize', resized);
      process.off('exit', showCursor);
      if (!ended && latest) draw();
      else if (!ended) bottom.clear();
      terminal.write(`\r${CLEAR_LINE_END}`); // the ^C that the terminal echoed
      showCursor();
    },
  };
}
