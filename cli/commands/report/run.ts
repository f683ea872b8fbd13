/** `sweep report`. */
import { randomInt } from 'node:crypto';
import { UserError } from '../../../core/errors.ts';
import type { BackendKind } from '../../../engine/backends/index.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { reportOn, verifyReportOn } from '../../../orchestrate/report.ts';
import { drawTrials, retrain, type Retrained } from '../../../orchestrate/retrain.ts';
import { chooseBackend } from '../../../setup/backend.ts';
import { nearPath } from '../../../store/command.ts';
import { openStore, type Store } from '../../../store/index.ts';
import { specOf } from '../../../store/runs.ts';
import { say, sayJson, tell } from '../../ui/output.ts';
import { clean, count, plural } from '../../ui/text.ts';
import { proofLines, verdictLines, type TrainedAgain } from './lines.ts';

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

async function write(store: Store, sweepId: string, { out, json }: ReportOptions): Promise<void> {
  const { folder, files } = await reportOn(store, sweepId, out);
  if (json) sayJson({ sweepId, folder, files });
  else say(`Report: ${clean(nearPath(`${folder}/report.html`))} (${files.length} files)`);
}

async function verify(
  store: Store,
  sweepId: string,
  options: ReportOptions,
  interrupt: () => AbortSignal,
): Promise<void> {
  const { out, json, retrain: wanted } = options;
  const result = await verifyReportOn(store, sweepId, out);
  if (!result.ok) process.exitCode = 1;
  if (!json) for (const line of verdictLines(store, sweepId, result)) say(line);
  const again = wanted === undefined ? undefined : await trainAgain(store, sweepId, wanted, options, interrupt());
  if (again?.trials.some(({ differs }) => differs.length > 0)) process.exitCode = 1;
  if (json) sayJson({ sweepId, ...result, ok: process.exitCode !== 1, ...(again && { retrained: again }) });
  else if (result.ok) for (const line of proofLines(store, sweepId, result, again)) say(line);
}

async function trainAgain(
  store: Store,
  sweepId: string,
  wanted: number,
  { seed = randomInt(2 ** 32), backend: kind, json }: ReportOptions,
  signal: AbortSignal,
): Promise<TrainedAgain> {
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
