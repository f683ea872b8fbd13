/** The machine that a measurement is of. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';

export interface Machine {
  processor: string;
  /** That a process here may use. */
  cores: number;
  /** GiB, rounded. */
  memory: number;
  /** 'linux x64' */
  platform: string;
}

export const thisMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() || process.arch,
  cores: availableParallelism(),
  memory: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
});

/** '2 × AMD EPYC 7B13, 8 GiB, linux x64' */
export const machineText = ({ processor, cores, memory, platform }: Machine): string =>
  `${cores} × ${processor}, ${memory} GiB, ${platform}`;

/**
 * Processes that wanted to run, on average over the last minute: more than cores, and what is measured waited its turn.
 */
export const loadNow = (): number => Math.round(100 * (loadavg()[0] ?? 0)) / 100;

/** The versions of what takes part on our side; others say their own. */
export function ourVersions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return { sweep: version, node: process.versions.node };
}
