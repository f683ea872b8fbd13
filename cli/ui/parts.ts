/** Parts being downloaded and built, each a line with a bar; without a terminal a line for every phase. */
import cliTruncate from 'cli-truncate';
import type { PartsEvent } from '../../orchestrate/parts.ts';
import type { SetupProgress } from '../../setup/progress.ts';
import { region } from './live.ts';
import type { Terminal } from './live.ts';
import { sayTo, tell } from './output.ts';
import { bar } from './progress.ts';
import { styleOf, symbols } from './style.ts';
import type { Style } from './style.ts';
import { clean, count, duration, padEnd } from './text.ts';

const NAMES: Record<string, string> = {
  tensorflow: 'TensorFlow',
  onnx: 'ONNX Runtime',
  temporal: 'Temporal server',
  server: 'Temporal server',
};
const VERBS: Record<SetupProgress['phase'], string> = {
  wait: '',
  download: 'downloading',
  verify: 'checking',
  unpack: 'unpacking',
  build: 'building',
};
const NAME_WIDTH = 15;
const BAR_WIDTH = 24;
const REDRAW_MS = 100;

export const partName = (part: string): string => NAMES[part] ?? part;

const words = ({ phase, message = '' }: SetupProgress): string => `${VERBS[phase]} ${clean(message)}`.trim();

function amount({ done, total, unit }: SetupProgress): string {
  if (done === undefined) return '';
  const scale = unit === 'bytes' ? 1e6 : 1;
  const number = (n: number): string => count(Math.round(n / scale));
  return `${number(done)}${total ? `/${number(total)}` : ''} ${unit === 'bytes' ? 'MB' : (unit ?? '')}`;
}

/** One line of the live display. Pure. */
export function partLine(progress: SetupProgress, seconds: number, width: number, style: Style): string {
  const { done, total } = progress;
  const { dot } = symbols(style);
  const share = done === undefined || !total ? undefined : done / total;
  const drawn = share === undefined ? style.dim(symbols(style).light.repeat(BAR_WIDTH)) : bar(share, BAR_WIDTH, style);
  const rest = [words(progress), amount(progress), duration(seconds)].filter((part) => part !== '').join(` ${dot} `);
  return cliTruncate(`  ${padEnd(partName(progress.part), NAME_WIDTH)}  ${drawn}  ${rest}`, width);
}

export interface PartsDisplay {
  onProgress(progress: SetupProgress): void;
  /** The part is done with: its bar goes, and the line, if there is one, stays. */
  finish(part: string, line?: string): void;
  close(): void;
}

type Stream = Terminal & { isTTY?: boolean };

/** Draws nothing before the first progress, so that what is there already costs no line. */
export function partsDisplay(stream: Stream, now: () => number = () => performance.now()): PartsDisplay {
  const style = styleOf(stream);
  return stream.isTTY && process.env.TERM !== 'dumb' ? live(stream, style, now) : plain(stream);
}

interface Running {
  progress: SetupProgress;
  began: number;
}

function live(stream: Terminal, style: Style, now: () => number): PartsDisplay {
  const running = new Map<string, Running>();
  const area = region(stream);
  const draw = (): void => {
    const width = (stream.columns ?? 80) - 1;
    area.draw(
      [...running.values()].map(({ progress, began }) => partLine(progress, (now() - began) / 1000, width, style)),
    );
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    onProgress(progress) {
      timer ??= setInterval(draw, REDRAW_MS);
      running.set(progress.part, { progress, began: running.get(progress.part)?.began ?? now() });
    },
    finish(part, line) {
      running.delete(part);
      draw();
      area.print(line ? [line] : []);
    },
    close() {
      clearInterval(timer);
      running.clear();
      draw();
    },
  };
}

function plain(stream: Terminal): PartsDisplay {
  const phases = new Map<string, string>();
  return {
    onProgress(progress) {
      const phase = words(progress);
      if (phases.get(progress.part) === phase) return;
      phases.set(progress.part, phase);
      sayTo(stream, `${partName(progress.part)}: ${phase}`);
    },
    finish(_part, line) {
      if (line) sayTo(stream, line);
    },
    close() {},
  };
}

export const slowerLine = (why: string): string =>
  `Trials will run as WebAssembly, 15 to 38 times slower than compiled: ${why}`;

/** Shows on stderr what is told while parts are installed; other events are for others. */
export function showParts(): (event: PartsEvent | { kind: 'step' }) => void {
  const display = partsDisplay(process.stderr);
  return (event) => {
    switch (event.kind) {
      case 'part-progress':
        return display.onProgress(event.progress);
      case 'part-ready':
        return display.finish(event.part, `${partName(event.part)}: ready in ${duration(event.seconds)}`);
      case 'part-failed':
        return display.finish(event.part);
      case 'gpu-left-alone':
        return display.finish('tensorflow', `TensorFlow will leave the GPU alone and use the processor: ${event.why}`);
      case 'parts-done':
        return display.close();
      case 'not-compiled':
        return tell(slowerLine(event.why));
    }
  };
}
