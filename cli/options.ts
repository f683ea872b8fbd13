/** Options that several commands have, checked. */
import { InvalidArgumentError, Option } from 'commander';
import type { BackendKind } from '../engine/backends/index.ts';
import { DEFAULT_RUNS } from '../store/command.ts';

/** Of a command on a runs folder. */
export interface RunsOptions {
  runs: string;
  json?: boolean;
}

export const runsOption = () =>
  new Option('--runs <dir>', 'where runs live: a folder, or s3://BUCKET/PREFIX').default(DEFAULT_RUNS);
export const jsonOption = (what: string) => new Option('--json', what);

const backends = ['native', 'onnx', 'wasm', 'cpu'] satisfies BackendKind[];
export const backendOption = () =>
  new Option(
    '--backend <name>',
    'what trains: native TensorFlow, ONNX Runtime, WebAssembly, or plain JavaScript (left out: the best there is)',
  ).choices(backends);

/** More trainer processes than this on one machine is a slip of the finger. */
const MOST_SLOTS = 256;

export const slotsOption = (flags: string) =>
  new Option(
    flags,
    'trials trained at a time on this machine, each in a process of its own (left out: one a core)',
  ).argParser((text) => {
    const slots = Number(text);
    if (!Number.isInteger(slots) || slots < 1 || slots > MOST_SLOTS)
      throw new InvalidArgumentError(`Allowed: a whole number from 1 to ${MOST_SLOTS}.`);
    return slots;
  });

/** For an option that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];
