import { randomInt } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../../../core/errors.ts';
import { refusalOf, refused } from '../../../core/refusal.ts';
import type { BackendKind } from '../../../engine/backends/index.ts';
import { drawTrials, retrain, type Retrained } from '../../../orchestrate/retrain.ts';
import { readRun } from '../../../reports/input.ts';
import { buildReport, verifyReport, writeReport, type Check, type Verification } from '../../../reports/report.ts';
import { chooseBackend } from '../../../setup/backend.ts';
import { commandOn, nearPath } from '../../../store/command.ts';
import { openStore } from '../../../store/index.ts';
import { makeFolder } from '../../../store/make-folder.ts';
import { specOf } from '../../../store/runs.ts';
import type { Store } from '../../../store/types.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { say, sayJson, tell } from '../../ui/output.ts';
import { clean, count, plural } from '../../ui/text.ts';

export interface ReportOptions {
  out?: string;
  verify?: boolean;
  /** How many trials to train again. */
  retrain?: number;
  /** Which of them. */
  seed?: number;
  backend?: BackendKind;
  runs: string;
  json?: boolean;
}

/** `interrupt` is asked for where ^C has something to end in order. */
export async function report(given: string, options: ReportOptions, interrupt: () => AbortSignal): Promise<void> {
  if (options.retrain !== undefined && !options.verify)
    throw new UserError('--retrain goes with --verify: sweep report ID --verify --retrain N', 2);
  if (options.retrain === undefined && (options.seed ?? options.backend) !== undefined)
    throw new UserError('--seed and --backend go with --retrain N', 2);
  const store = openStore(options.runs);
  const sweepId = await findSweep(store, given);
  if (options.verify) await verify(store, sweepId, options, interrupt);
  else await write(store, sweepId, options);
}

const folderOf = (store: Store, sweepId: string, out: string | undefined) =>
  out === undefined ? join(store.url, sweepId, 'report') : resolve(out);

async function write(store: Store, sweepId: string, { out, json }: ReportOptions): Promise<void> {
  const folder = folderOf(store, sweepId, out);
  const paths = out === undefined ? await writeReport(store, sweepId) : await writeTo(folder, store, sweepId);
  if (json) sayJson({ sweepId, folder, files: paths });
  else say(`Report: ${clean(nearPath(join(folder, 'report.html')))} (${paths.length} files)`);
}

async function writeTo(folder: string, store: Store, sweepId: string): Promise<string[]> {
  const files = await buildReport(await readRun(store, sweepId));
  for (const [path, content] of files) {
    try {
      await makeFolder(dirname(join(folder, path)));
      await writeFile(join(folder, path), content);
    } catch (error) {
      throw refused(error, `--out ${folder}`, 'give another folder');
    }
  }
  return [...files.keys()];
}

async function verify(
  store: Store,
  sweepId: string,
  options: ReportOptions,
  interrupt: () => AbortSignal,
): Promise<void> {
  const { out, json, retrain: wanted } = options;
  const result = await verifyReport(store, sweepId, out === undefined ? undefined : await readFolder(resolve(out)));
  if (!result.ok) process.exitCode = 1;
  if (!json) for (const line of verdict(store, sweepId, result)) say(line);
  const again = wanted === undefined ? undefined : await trainAgain(store, sweepId, wanted, options, interrupt());
  if (again?.trials.some(({ differs }) => differs.length > 0)) process.exitCode = 1;
  if (json) sayJson({ sweepId, ...result, ok: process.exitCode !== 1, ...(again && { retrained: again }) });
  else if (result.ok) for (const line of meaning(store, sweepId, result, again)) say(line);
}

/** What training again came to: the seed of the draw, and of how many trials. */
interface Again {
  seed: number;
  of: number;
  trials: Retrained[];
}

async function trainAgain(
  store: Store,
  sweepId: string,
  wanted: number,
  { seed = randomInt(2 ** 32), backend: kind, json }: ReportOptions,
  signal: AbortSignal,
): Promise<Again> {
  const spec = await specOf(store, sweepId);
  const backend = await chooseBackend(kind);
  const { drawn, others } = await drawTrials(store, sweepId, spec, backend, seed);
  const reasons = [...others].map(([why, n]) => `${plural(n, 'result')} ${why}`);
  if (drawn.length === 0) {
    throw new UserError(
      `--retrain: ${sweepId} has no trial that ${backend.name} can make again: ${reasons.join(', ') || 'none has a result'}; ` +
        'allowed: another --backend, or a machine like the one that trained it',
    );
  }
  const chosen = drawn.slice(0, wanted);
  if (!json) {
    say(
      `Training ${count(chosen.length)} of ${plural(drawn.length, 'trial')} again, drawn with --seed ${seed}, by ${backend.name}:`,
    );
    for (const reason of reasons) say(`  not among them: ${reason}`);
  }
  const trials: Retrained[] = [];
  for await (const one of retrain(store, sweepId, spec, chosen, {
    backend,
    signal,
    onWarning: (message) => tell(message),
  })) {
    trials.push(one);
    const came =
      one.differs.length === 0 ? `the same bytes: ${one.equal.join(', ')}` : `NOT the same: ${one.differs.join(', ')}`;
    if (!json) say(`  ${one.trialId} (${clean(one.label)}): ${came}`);
  }
  return { seed, of: drawn.length, trials };
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UserError(
        `--out ${folder}: ${error.code === 'ENOENT' ? 'no such folder' : (refusalOf(error) ?? error.message)}`,
        2,
      );
    },
  );
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.set(
      relative(folder, path).split('\\').join('/'),
      await readFile(path).catch((error: unknown) => {
        throw refused(error, path, 'let it be read');
      }),
    );
  }
  return files;
}

/** What has been proved of a sweep that verifies, and what has not. */
function meaning(store: Store, sweepId: string, { results }: Verification, again: Again | undefined): string[] {
  const retrainThree = commandOn(store, ['report', sweepId], ['--verify', '--retrain', '3']);
  const notAgain =
    again === undefined
      ? `that training gave this data (${retrainThree} trains three trials again and compares bytes)`
      : 'that training gave the data of the other trials';
  const all =
    again !== undefined && again.trials.length === results && again.trials.every(({ differs }) => differs.length === 0);
  return [
    `Proved: the report shows the data and nothing else. The data agrees with itself: of ${plural(results, 'result')} the id is the hash of the trial, the curve ends in the`,
    '  metrics, and the network is whole and came with that curve; no file is missing, unknown, left over or a link.',
    ...(again === undefined
      ? []
      : ['Proved by training again: that the trials named above come out as they are recorded, to the last bit.']),
    `Not proved: ${all ? '' : `${notAgain}, nor `}what provenance.json and timing.json tell of the commit, the machine and the times: they are as they were recorded.`,
  ];
}

/** One line if all is well; else a line for every file that is not, data first: it is the cause. */
function verdict(store: Store, sweepId: string, { ok, data, report, findings, problem }: Verification): string[] {
  if (ok)
    return [
      `${clean(sweepId)}: verified. ${report.length} files of the report follow from ${data.length} data files, byte for byte.`,
    ];
  const lines = (what: string, checks: Check[]) =>
    checks
      .filter(({ state }) => state !== 'equal')
      .map(({ path, state }) => `  ${state.padEnd(10)}  ${what}${clean(path)}`);
  const [changedData, changedReport] = [lines('', data), lines('report/', report)];
  return [
    `${clean(sweepId)}: NOT verified.`,
    ...(changedData.length === 0 ? [] : ['Data that is not what the report was built from:', ...changedData]),
    ...(findings.length === 0
      ? []
      : [
          'Data that does not agree with itself:',
          ...findings.map(({ path, problem: what }) => `  ${clean(path)} ${clean(what)}`),
        ]),
    ...(problem === undefined ? [] : [`The report cannot be rebuilt: ${problem}`]),
    ...(changedReport.length === 0
      ? []
      : ['Files of the report that do not follow from the data as it is:', ...changedReport]),
    ...(changedData.length === 0
      ? []
      : [`If the data has rightly grown since, write the report anew: ${commandOn(store, ['report', sweepId])}`]),
  ];
}
