/** `sweep bench`: runs a benchmark, and shows it as a table or JSON. */
import { readFile } from 'node:fs/promises';
import { machineText, thisMachine } from '../../../bench/machine.ts';
import { changesSince, comparable, type BenchResult, type Change, type Measurement } from '../../../bench/result.ts';
import { benchGpu } from '../../../bench/gpu.ts';
import { benchMemory } from '../../../bench/memory.ts';
import { benchOverhead } from '../../../bench/overhead.ts';
import type { Spread } from '../../../bench/statistics.ts';
import { benchStep, OTHERS, type Other, type StepOptions } from '../../../bench/step.ts';
import { benchSweep } from '../../../bench/sweep.ts';
import { UserError } from '../../../core/errors.ts';
import { refusalOf } from '../../../core/refusal.ts';
import { cells } from '../../../models/cells/index.ts';
import { entryOf } from '../../../models/options.ts';
import { defaultSlots } from '../../../orchestrate/slots.ts';
import { say, sayJson, tell } from '../../ui/output.ts';
import { partsDisplay } from '../../ui/parts.ts';
import { styleOf, symbols, type Style } from '../../ui/style.ts';
import { table } from '../../ui/table.ts';

export interface CommonOptions {
  rounds: number;
  compare?: string;
  json?: boolean;
}

export interface StepArguments extends CommonOptions {
  cells: string[];
  lengths: number[];
  batch: number[];
  hidden: number[];
  lanes: number[];
  encoding: StepOptions['encoding'];
  clock: StepOptions['clock'];
  python?: string[];
  others?: string[];
  alone?: boolean;
}

export interface SweepArguments extends CommonOptions {
  steps: number;
  workers?: number;
  python?: string[];
  alone?: boolean;
}
export interface OverheadArguments extends CommonOptions {
  trials: number;
  workers?: number;
}
export interface MemoryArguments {
  steps: number;
  json?: boolean;
}

const PYTHONS = ['python3'];

export async function step(given: StepArguments, signal: AbortSignal): Promise<void> {
  for (const name of given.cells) entryOf(cells, 'cell', name);
  const others = (given.others ?? Object.keys(OTHERS)) as Other[];
  for (const name of others) entryOf(OTHERS, '--others', name);
  await measured('step', given, () =>
    benchStep({
      cells: given.cells,
      lengths: given.lengths,
      batches: given.batch,
      hidden: given.hidden,
      lanes: given.lanes.filter((count) => count > 1),
      encoding: given.encoding,
      clock: given.clock,
      rounds: given.rounds,
      pythons: given.python ?? PYTHONS,
      others: given.alone ? [] : others,
      signal,
      onProgress: tell,
    }),
  );
}

export async function sweep(given: SweepArguments, signal: AbortSignal): Promise<void> {
  await measured('sweep', given, () =>
    benchSweep({
      steps: given.steps,
      slots: given.workers ?? defaultSlots('cpu'),
      rounds: given.rounds,
      pythons: given.python ?? PYTHONS,
      alone: given.alone ?? false,
      signal,
      onProgress: tell,
    }),
  );
}

export async function gpu({ rounds, ...given }: CommonOptions, signal: AbortSignal): Promise<void> {
  const display = partsDisplay(process.stderr);
  await measured('gpu', given, () => benchGpu({ rounds, signal, onProgress: tell, onPart: display.onProgress }));
}

export async function overhead({ trials, workers, ...given }: OverheadArguments, signal: AbortSignal): Promise<void> {
  await measured('overhead', given, () =>
    benchOverhead({ rounds: given.rounds, trials, slots: workers ?? defaultSlots('cpu'), signal, onProgress: tell }),
  );
}

export async function memory({ steps, ...given }: MemoryArguments, signal: AbortSignal): Promise<void> {
  await measured('memory', given, () => benchMemory({ steps, signal, onProgress: tell }));
}

/** An earlier result that cannot be compared is refused before minutes are spent. */
async function measured(
  name: BenchResult['bench'],
  { compare, json }: Omit<CommonOptions, 'rounds'>,
  bench: () => Promise<BenchResult>,
): Promise<void> {
  const earlier =
    compare === undefined ? undefined : comparable(await readEarlier(compare), name, thisMachine(), compare);
  const result = await bench();
  const changes = earlier && changesSince(earlier, result);
  if (json) sayJson({ ...result, ...(changes && { changes }) });
  else say(lines(result, styleOf(process.stdout), changes).join('\n'));
}

async function readEarlier(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`--compare ${file}: it cannot be read: ${refusalOf(error) ?? error.message}`, 2);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`--compare ${file}: it is not what sweep bench --json printed`, 2);
  }
}

/** Three digits: more would be noise. */
const number = (x: number): string =>
  Math.abs(x) >= 1000 ? Math.round(x).toLocaleString('en-US') : String(Number(x.toPrecision(3)));

function lines(result: BenchResult, style: Style, changes: readonly Change[] = []): string[] {
  const { machine, load, versions, measurements, notes, options } = result;
  const { times } = symbols(style);
  const quartiles = ({ n, q1, q3 }: Spread) => (n > 1 ? style.dim(`${number(q1)} to ${number(q3)}`) : '');
  const beside = (ratio: Measurement['ratio']) =>
    ratio ? [`${number(ratio.median)} ${times} ${ratio.to}`, quartiles(ratio)] : ['', ''];
  const row = ({ of, unit, ratio, best, ...spread }: Measurement) => [
    ...of.slice(0, -1),
    { text: of.at(-1) ?? '', tint: style.bold },
    `${number(spread.median)} ${unit}`.trim(),
    quartiles(spread),
    ...beside(ratio),
    ...(measurements.some((each) => each.best) ? beside(best) : []),
  ];
  const parts = Math.max(0, ...measurements.map(({ of }) => of.length));
  return [
    `sweep bench ${result.bench}, ${result.at}`,
    `${machineText(machine)}; load ${load[0]} before, ${load[1]} after`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `${Object.entries(options)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')}`,
    '',
    ...table(measurements.map(row), {
      sides: [
        ...Array.from({ length: parts }, () => 'left' as const),
        'right',
        'left',
        'right',
        'left',
        'right',
        'left',
      ],
    }),
    ...(changes.length === 0
      ? []
      : [
          '',
          'Change',
          ...table(
            changes.map(({ of, unit, before, now, ratio }) => [
              of.join(' '),
              `${number(before)} ${unit}`,
              `${number(now)} ${unit}`,
              `${number(ratio)} ${times} as before`,
            ]),
            { sides: ['left', 'right', 'right', 'right'] },
          ),
        ]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => style.dim(`note: ${note}`))]),
  ];
}
