/**
 * How many lanes this machine trains together of each program: measured once where there is enough to train, and kept
 * on disk.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { hashJson } from '../../core/json.ts';
import { programKey } from '../../core/shapes.ts';
import type { NetworkTrial } from '../../core/spec.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { answers, measurePackSize, type Extent, type PackSize } from './pack-size.ts';
import type { Programs } from './programs.ts';

export interface PackSizes {
  /** For trials of the example's program. Rejects once the signal has aborted. */
  sizeFor(
    example: NetworkTrial,
    request: Extent & { corpus?: string | undefined; onTurn(): void; signal: AbortSignal },
  ): Promise<number>;
}

/** Where lanes gain nothing: on a GPU, which no size was measured on, and where steps are not replayed. */
export const oneLane: PackSizes = { sizeFor: () => Promise.resolve(1) };

export interface PackSizeOptions {
  programs: Programs;
  /** What the sizes hold for, beside the program and the processor: the backend's name. */
  backend: string;
  /** Where they are kept, for all trainers of this machine; left out: in memory. */
  folder?: string | undefined;
}

/** The name of the file that the size of the example's program is kept in. */
export const packSizeFile = (example: NetworkTrial, backend: string): string =>
  `${hashJson({ program: programKey(example), backend, processor: cpus()[0]?.model ?? '', science: SCIENCE_VERSION })}.json`;

export function packSizes({ programs, backend, folder }: PackSizeOptions): PackSizes {
  const known = new Map<string, PackSize>();

  async function read(file: string): Promise<PackSize | undefined> {
    try {
      const found = JSON.parse(await readFile(file, 'utf8')) as PackSize;
      return Number.isInteger(found.size) && found.size >= 1 && Array.isArray(found.measured) ? found : undefined;
    } catch {
      return undefined; // not measured yet, or damaged: measured again
    }
  }
  /** A size that cannot be kept is measured again next time, no more. */
  async function write(file: string, found: object): Promise<void> {
    const draft = `${file}.${process.pid}`;
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(draft, `${JSON.stringify(found)}\n`);
      await rename(draft, file);
    } catch {
      /* no cache folder to write to */
    }
  }

  return {
    async sizeFor(example, { most, steps, ...options }) {
      const key = packSizeFile(example, backend);
      const file = folder && join(folder, key);
      const before = known.get(key) ?? (file ? await read(file) : undefined);
      if (before !== undefined && answers(before, { most, steps })) {
        known.set(key, before);
        return Math.min(before.size, most);
      }
      const found = await measurePackSize(example, {
        programs,
        most,
        steps,
        clock: () => performance.now(),
        ...options,
      });
      known.set(key, found);
      if (file) await write(file, { ...found, program: JSON.parse(programKey(example)) as object, backend });
      return found.size;
    },
  };
}
