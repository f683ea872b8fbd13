/**
 * How a sweep begins, or begins again once it has ended:
 *
 *   parts      TensorFlow and the Temporal server, installed if missing
 *   server     a Temporal server: whichever there is, else ours
 *   plan       what is cached, and how long it may take
 *   folder     the run folder: claimed with its texts, or opened again; and where it all comes from
 *   workflow   started, or found running
 *   worker     a detached process, started or found running
 */
import { sweepId as idOf } from '../core/plan.ts';
import type { Origin, SweepSnapshot } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { BackendKind } from '../engine/backends/index.ts';
import { collectProvenance, recordProvenance } from '../reports/provenance.ts';
import { connect, type TemporalTarget } from '../server/connection.ts';
import { chooseBackend, originOf, type TrainerBackend } from '../setup/backend.ts';
import type { Store } from '../store/index.ts';
import { writeProgramFile } from '../store/programs.ts';
import { claimSweep, standingOrigin, storeId, writeCorpus } from '../store/runs.ts';
import { ensureWorker } from './background.ts';
import { followSweep } from './follow.ts';
import { ensureParts, type PartsEvent } from './parts.ts';
import { planOf, type Plan } from './plan.ts';
import { defaultSlots } from './slots.ts';
import { reopenEnded, startWorkflow, type StartedWorkflow } from './start-workflow.ts';
import { sweepUrl, untilClosed } from './workflow.ts';

export type BeginStep = 'parts' | 'server' | 'plan' | 'folder' | 'workflow' | 'worker';
export type BeginEvent = PartsEvent | { kind: 'step'; step: BeginStep };

/** Where and how the trials of a sweep are to be trained. */
export interface MachineRequest {
  /** Left out: the best there is. */
  backend?: BackendKind | undefined;
  /** Trials trained at a time on this machine; left out: one a core, or one a GPU. */
  slots?: number | undefined;
  signal: AbortSignal;
  onEvent?(event: BeginEvent): void;
}

export interface BeginRequest extends MachineRequest {
  store: Store;
  spec: SweepSpec;
  /** Left out: the one that this spec gives. */
  sweepId?: string | undefined;
  /** The texts that the spec refers to, by reference. */
  corpora?: ReadonlyMap<string, string>;
  /** The files of its program, by reference. */
  files?: ReadonlyMap<string, Uint8Array>;
  /** False: take no results of other sweeps. */
  cache?: boolean;
}

/** A machine that is ready to train: nothing of the sweep has begun. */
interface Ready {
  backend: TrainerBackend;
  origin: Origin & { chosen: boolean };
  slots: number;
  target: TemporalTarget;
}

/** A sweep that runs, as it was found or begun. */
export interface Begun extends StartedWorkflow {
  sweepId: string;
  /** The name of what trains it on this machine. */
  backend: string;
  slots: number;
  plan: Plan;
  /** Where the Temporal UI shows it. */
  url?: string;
  /** Until it has ended: brings back a server or worker that has gone, and starts it again where the server lost it. */
  follow(signal: AbortSignal): AsyncGenerator<SweepSnapshot>;
}

/** A program brings what it computes with; a network goes on with what it has begun with, if that is here. */
async function ready({ program }: SweepSpec, begun: Origin | undefined, machine: MachineRequest): Promise<Ready> {
  const { backend: kind, slots, signal, onEvent = () => {} } = machine;
  onEvent({ kind: 'step', step: 'parts' });
  await ensureParts({ backend: program === undefined ? kind : 'cpu', signal, onEvent }); // 'cpu': nothing to install
  const backend = await chooseBackend(kind, begun);
  onEvent({ kind: 'step', step: 'server' });
  const target = await connect({ start: true, signal });
  return {
    backend,
    origin: { ...originOf(backend), chosen: kind !== undefined },
    slots: slots ?? defaultSlots(backend.accelerator),
    target,
  };
}

const provenance = async (store: Store, sweepId: string, { backend }: Ready): Promise<void> =>
  recordProvenance(store, sweepId, await collectProvenance({ backend: backend.name }));

interface Launch {
  store: Store;
  sweepId: string;
  spec: SweepSpec;
  noCache?: boolean;
  onEvent?: MachineRequest['onEvent'];
}

const workerOf = (
  { store, spec }: Pick<Launch, 'store' | 'spec'>,
  { backend, slots }: Pick<Ready, 'backend' | 'slots'>,
) => ({ ...{ store, slots, backend: backend.choice.kind }, pass: spec.program?.pass ?? [] });

/** The workflow, then a worker for it. */
async function launch(
  { backend, origin, slots, target }: Ready,
  { onEvent = () => {}, ...sweep }: Launch,
): Promise<StartedWorkflow> {
  onEvent({ kind: 'step', step: 'workflow' });
  const started = await startWorkflow({ ...sweep, target, accelerator: backend.accelerator, origin, slots });
  onEvent({ kind: 'step', step: 'worker' });
  await ensureWorker({ ...workerOf(sweep, { backend, slots }), target });
  return started;
}

/** Begins a sweep, or finds it running; of one that has ended it trains what is missing. */
export async function beginSweep(request: BeginRequest): Promise<Begun> {
  const { store, spec: given, sweepId = idOf(given), cache = true, signal } = request;
  const { corpora = new Map(), files = new Map(), onEvent = () => {} } = request;
  await storeId(store); // a runs folder that cannot be written to is refused before anything is installed or started
  const here = await ready(given, await standingOrigin(store, sweepId), request);
  const { backend, origin, slots, target } = here;
  onEvent({ kind: 'step', step: 'plan' });
  const plan = await planOf(given, store, { sweepId, origin, cache });
  onEvent({ kind: 'step', step: 'folder' });
  if (await claimSweep(store, sweepId, given)) {
    // startWorkflow() says what is wrong if the id is another sweep's
    for (const [reference, text] of corpora) await writeCorpus(store, sweepId, reference, text);
    for (const [hash, bytes] of files) await writeProgramFile(store, sweepId, hash, bytes);
    await provenance(store, sweepId, here);
  }
  signal.throwIfAborted();
  const own = { store, sweepId, spec: given };
  const started = await launch(here, { ...own, noCache: !cache, onEvent });
  const url = await sweepUrl(target, store, sweepId);
  const follow = (until: AbortSignal) =>
    followSweep(target, store, sweepId, {
      signal: until,
      revive: async () => {
        const again = await connect({ start: true, signal: until });
        await ensureWorker({ ...workerOf(own, { backend, slots }), target: again });
        return again;
      },
      restart: (on) => startWorkflow({ ...own, target: on, accelerator: backend.accelerator, origin, slots }),
    });
  const trainer = given.program === undefined ? backend.name : given.program.command.join(' ');
  return { ...started, sweepId, backend: trainer, slots, plan, ...(url !== undefined && { url }), follow };
}

/** Begins a sweep again that has ended, or that its server has lost: with a spec that has grown, or what had failed. */
export async function beginAgain(
  { store, sweepId, spec }: Pick<Launch, 'store' | 'sweepId' | 'spec'>,
  machine: MachineRequest,
): Promise<void> {
  const { onEvent = () => {} } = machine;
  const here = await ready(spec, await standingOrigin(store, sweepId), machine);
  onEvent({ kind: 'step', step: 'folder' });
  await untilClosed(here.target, store, sweepId);
  await reopenEnded(store, sweepId, spec);
  await provenance(store, sweepId, here);
  await launch(here, { store, sweepId, spec, onEvent });
}
