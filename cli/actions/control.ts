/** `sweep pause`, `resume`, `concurrency`, `extend`, `retry`: steering a sweep, or letting one that has ended go on. */
import { concurrencyProblem } from '../../core/control.ts';
import { UserError } from '../../core/errors.ts';
import { extensionProblem } from '../../core/extend.ts';
import { countTrials } from '../../core/plan.ts';
import type { SweepSpec } from '../../core/spec.ts';
import type { BackendKind } from '../../engine/backends/index.ts';
import { ensureWorker } from '../../orchestrate/background.ts';
import { changeSweep, type Change } from '../../orchestrate/control.ts';
import { reopenEnded, startSweep, storedSnapshot, untilClosed, workflowState } from '../../orchestrate/sweeps.ts';
import { collectProvenance, recordProvenance } from '../../reports/provenance.ts';
import { connect } from '../../server/connection.ts';
import { chooseBackend } from '../../setup/backend.ts';
import { extendSpec } from '../../sweep-file/extend.ts';
import { commandOn } from '../../store/command.ts';
import { openStore, type Store } from '../../store/index.ts';
import { readCorpus, readControl, readOutcome, specOf, writeCorpus } from '../../store/runs.ts';
import { defaultSlots } from '../defaults.ts';
import { resolveSweepId } from '../sweep-id.ts';
import { jsonText, say as print } from '../ui/output.ts';
import { clean, count, plural } from '../ui/text.ts';
import { ensureParts } from './setup.ts';

interface Options {
  runs: string;
  json?: boolean;
}
export interface RetryOptions extends Options {
  backend?: BackendKind;
  workers?: number;
}
export interface ExtendOptions extends RetryOptions {
  set: string[];
}

interface Found {
  store: Store;
  sweepId: string;
  spec: SweepSpec;
}

async function find(given: string, { runs }: Options): Promise<Found> {
  const store = openStore(runs);
  const sweepId = await resolveSweepId(store, given);
  const spec = await specOf(store, sweepId);
  return { store, sweepId, spec };
}

function say(sweepId: string, { json }: Options, line: string, facts: object): void {
  print(json ? jsonText({ sweepId, ...facts }) : `${clean(sweepId)} ${line}`);
}

/** Asks a sweep that must be running. */
async function steer(
  given: string,
  options: Options,
  change: Change,
): Promise<{ store: Store; sweepId: string; changed: boolean }> {
  const { store, sweepId } = await find(given, options);
  const outcome = await readOutcome(store, sweepId);
  const notRunning = (state: string) =>
    new UserError(
      `${sweepId} is not running (${state}): there is nothing to ${change[0] === 'concurrency' ? 'set' : change[0]}`,
    );
  if (outcome !== undefined) throw notRunning(outcome.state);
  const target = await connect({ start: false });
  const answer = await changeSweep(target, store, sweepId, change);
  if (answer !== undefined) return { store, sweepId, ...answer };
  throw notRunning(
    (await workflowState(target, store, sweepId)) ??
      `the Temporal server does not know it; ${commandOn(store, ['start', 'FILE'])} goes on with it`,
  );
}

export async function pause(given: string, options: Options): Promise<void> {
  const { store, sweepId, changed } = await steer(given, options, ['pause']);
  const what = changed ? 'is paused: trials in training save a checkpoint and hold' : 'was paused already';
  say(sweepId, options, `${what}. Let it go on with: ${commandOn(store, ['resume', sweepId])}`, {
    state: 'paused',
    changed,
  });
}

export async function resume(given: string, options: Options): Promise<void> {
  const { sweepId, changed } = await steer(given, options, ['resume']);
  say(sweepId, options, changed ? 'goes on.' : 'was not paused; it goes on as it did.', { state: 'running', changed });
}

export async function concurrency(given: string, text: string, options: Options): Promise<void> {
  const jobs = /^\d+$/.test(text) ? Number(text) : NaN;
  const problem = concurrencyProblem(Number.isNaN(jobs) ? JSON.stringify(text) : jobs);
  if (problem !== undefined) throw new UserError(problem, 2);
  const { sweepId, changed } = await steer(given, options, ['concurrency', jobs]);
  say(sweepId, options, `runs at most ${plural(jobs, 'job')} at a time${changed ? '' : ', as before'}.`, {
    maxConcurrent: jobs,
    changed,
  });
}

/** Starts the workflow of a sweep that does not run, with all that it needs. */
async function begin(
  { store, sweepId, spec }: Found,
  { backend: kind, workers }: RetryOptions,
  signal: AbortSignal,
): Promise<void> {
  await ensureParts({ native: kind === undefined || kind === 'native', signal });
  const backend = await chooseBackend(kind);
  const slots = workers ?? defaultSlots(backend.accelerator);
  const target = await connect({ start: true, signal });
  await untilClosed(target, store, sweepId);
  await reopenEnded(store, sweepId, spec);
  await recordProvenance(store, sweepId, await collectProvenance({ backend: backend.name }));
  await startSweep({ spec, sweepId, store, target, accelerator: backend.accelerator, slots });
  await ensureWorker({ store, slots, backend: backend.choice.kind, target });
}

/** Of a sweep without an end: whether its workflow took the change. It may also have been lost with its server. */
async function tellRunning({ store, sweepId }: Found, change: Change): Promise<boolean> {
  if ((await readOutcome(store, sweepId)) !== undefined) return false;
  return (await changeSweep(await connect({ start: true }), store, sweepId, change)) !== undefined;
}

/**
 * How to come back to a sweep that goes on; or, where people had paused it, how to let it: it stays so while it runs or
 * its server has lost it.
 */
async function whatNext({ store, sweepId }: Found): Promise<string> {
  const { paused } = await readControl(store, sweepId);
  return paused
    ? `It is paused; let it go on with: ${commandOn(store, ['resume', sweepId])}`
    : `Look on with: ${commandOn(store, ['watch', sweepId])}`;
}

export async function extend(given: string, options: ExtendOptions, signal: AbortSignal): Promise<void> {
  const found = await find(given, options);
  const { store, sweepId } = found;
  const texts = await Promise.all(
    Object.entries(found.spec.corpora ?? {}).map(
      async ([name, reference]) => [name, await readCorpus(store, sweepId, reference)] as const,
    ),
  );
  const { spec, corpora } = extendSpec(found.spec, options.set, new Map(texts));
  const problem = extensionProblem(found.spec, spec);
  if (problem !== undefined) throw new UserError(`${sweepId}: ${problem}`, 2);
  for (const [reference, text] of corpora) await writeCorpus(store, sweepId, reference, text);
  if (!(await tellRunning(found, ['extend', spec]))) await begin({ ...found, spec }, options, signal);
  const [before, now] = [countTrials(found.spec), countTrials(spec)];
  const growth =
    now > before
      ? `has ${plural(now, 'trial')} now, ${count(now - before)} of them new`
      : `goes on with the same ${plural(now, 'trial')}`;
  say(sweepId, options, `${growth}. ${await whatNext(found)}`, { trials: now, added: now - before });
}

export async function retry(given: string, options: RetryOptions, signal: AbortSignal): Promise<void> {
  const found = await find(given, options);
  const { store, sweepId, spec } = found;
  const { failed } = await storedSnapshot(store, sweepId, spec);
  if (failed === 0) throw new UserError(`${sweepId}: no trial has failed, so there is nothing to retry`, 2);
  if (!(await tellRunning(found, ['retry']))) await begin(found, options, signal);
  say(sweepId, options, `trains ${plural(failed, 'failed trial')} again. ${await whatNext(found)}`, {
    retried: failed,
  });
}
