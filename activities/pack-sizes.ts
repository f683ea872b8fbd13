/** How many lanes this machine trains together of each program: measured once where there is enough to train, and remembered. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { hashJson } from '../core/json.ts';
import { MOST_LANES } from '../core/packs.ts';
import { programKey } from '../core/shapes.ts';
import type { TrialSpec } from '../core/spec.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { measurePackSize, type PackSize } from '../models/pack-size.ts';
import type { Programs } from '../models/programs.ts';

export interface PackSizes {
  /** For trials of one program that have so many steps left, all together. */
  sizeFor(trials: readonly { trial: TrialSpec }[], request: { steps: number; corpus?: string | undefined; onTurn(): void; signal: AbortSignal }): Promise<number>;
}

export interface PackSizeOptions {
  programs: Programs;
  /** What the sizes hold for, beside the program and the processor: the backend's name. */
  backend: string;
  /** Where they are kept; left out: in memory. */
  folder?: string | undefined;
  /** No measuring: this size for all. */
  fixed?: number | undefined;
}

export function packSizes({ programs, backend, folder, fixed }: PackSizeOptions): PackSizes {
  const known = new Map<string, number>();

  async function read(file: string): Promise<number | undefined> {
    try {
      const { size } = JSON.parse(await readFile(file, 'utf8')) as Partial<PackSize>;
      return typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= MOST_LANES ? size : undefined;
    } catch {
      return undefined; // not measured yet, or damaged: measured again
    }
  }
  /** A size that cannot be kept is measured again next time, no more. */
  async function write(file: string, found: object): Promise<void> {
    const draft = `${file}.${process.pid}`;
    try {
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(draft, `${JSON.stringify(found)}\n`);
      await rename(draft, file);
    } catch { /* no cache folder to write to */ }
  }

  return {
    async sizeFor(trials, { steps, corpus, onTurn, signal }) {
      const [first] = trials;
      if (fixed !== undefined || first === undefined || trials.length === 1) return Math.min(fixed ?? 1, Math.max(1, trials.length));
      const program = programKey(first.trial);
      const key = hashJson({ program, backend, processor: cpus()[0]?.model ?? '', science: SCIENCE_VERSION });
      const file = folder && join(folder, `${key}.json`);
      const size = known.get(key) ?? (file ? await read(file) : undefined);
      if (size !== undefined) {
        known.set(key, size);
        return Math.min(size, trials.length);
      }
      const found = await measurePackSize(first.trial, { programs, corpus, most: Math.min(MOST_LANES, trials.length), steps, onTurn, signal, clock: () => performance.now() });
      if (found.complete) {
        known.set(key, found.size);
        if (file) await write(file, { ...found, program: JSON.parse(program) as object, backend });
      }
      return found.size;
    },
  };
}
