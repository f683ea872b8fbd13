/**
 * `sweep start`:
 *
 *   1. the sweep file     wrong: said, and nothing is started or written
 *   2. parts              TensorFlow and the Temporal server, installed if missing
 *   3. a Temporal server  whichever there is, else ours
 *   4. the run folder     claimed, with the texts and where it all comes from
 *   5. the workflow       started, or found running
 *   6. a worker           a detached process, started or found running
 *   7. looking on         until it ends, or ^C
 */
import { sweepId as idOf } from '../../core/plan.ts';
import type { BackendKind } from '../../engine/backends/index.ts';
import { ensureWorker } from '../../orchestrate/background.ts';
import { followSweep, startSweep, sweepUrl } from '../../orchestrate/sweeps.ts';
import { collectProvenance, recordProvenance } from '../../reports/provenance.ts';
import { connect, type TemporalTarget } from '../../server/connection.ts';
import { chooseBackend, originOf } from '../../setup/backend.ts';
import { loadSweep } from '../../sweep-file/index.ts';
import { openStore } from '../../store/index.ts';
import { writeProgramFile } from '../../store/programs.ts';
import { claimSweep, storeId, writeCorpus } from '../../store/runs.ts';
import { defaultSlots } from '../defaults.ts';
import { chooseDisplay, follow, sayHowToComeBack } from '../follow.ts';
import { otherResultsLines, planOf } from './plan.ts';
import { ensureParts } from './setup.ts';

export interface StartOptions {
  set?: string[];
  detach?: boolean;
  id?: string;
  backend?: BackendKind;
  workers?: number;
  /** False: --no-cache. */
  cache?: boolean;
  runs: string;
  json?: boolean;
}

export async function start(file: string, options: StartOptions, signal: AbortSignal): Promise<void> {
  const began = Date.now();
  const { spec: given, corpora, files } = await loadSweep(file, { set: options.set ?? [] }); // 1
  const store = openStore(options.runs);
  const sweepId = options.id ?? idOf(given);
  await storeId(store); // a runs folder that cannot be written to is refused before anything is installed or started

  const native = given.program === undefined && (options.backend === undefined || options.backend === 'native');
  await ensureParts({ native, signal }); // 2
  const backend = await chooseBackend(options.backend);
  const slots = options.workers ?? defaultSlots(backend.accelerator);
  const target = await connect({ start: true, signal }); // 3
  const plan = await planOf(given, store, { sweepId, origin: originOf(backend), cache: options.cache !== false });

  if (await claimSweep(store, sweepId, given)) {
    // 4; startSweep() says what is wrong if the id is another sweep's
    for (const [reference, text] of corpora) await writeCorpus(store, sweepId, reference, text);
    for (const [hash, bytes] of files) await writeProgramFile(store, sweepId, hash, bytes);
    await recordProvenance(store, sweepId, await collectProvenance({ backend: backend.name }));
  }
  signal.throwIfAborted();
  const begin = (on: TemporalTarget, noCache = false) =>
    startSweep({ spec: given, sweepId, store, target: on, accelerator: backend.accelerator, slots, noCache });
  const { attached, total, spec, paused } = await begin(target, options.cache === false); // 5
  const worker = { store, slots, backend: backend.choice.kind, pass: given.program?.pass ?? [] };
  await ensureWorker({ ...worker, target }); // 6

  const url = await sweepUrl(target, store, sweepId);
  const display = chooseDisplay(store, options);
  display.open({
    spec,
    sweepId,
    total,
    attached,
    cached: plan.cached.trials,
    otherResults: otherResultsLines(plan),
    paused,
    backend: given.program === undefined ? backend.name : given.program.command.join(' '),
    slots,
    ...(plan.seconds !== undefined && { estimate: plan.seconds }),
    ...(url !== undefined && { url }),
  });
  if (options.detach) {
    display.close();
    if (!options.json) sayHowToComeBack('Started', sweepId, store);
    return;
  }

  const revive = async () => {
    const again = await connect({ start: true, signal });
    await ensureWorker({ ...worker, target: again });
    return again;
  };
  const snapshots = followSweep(target, store, sweepId, { signal, revive, restart: (on) => begin(on) }); // 7
  if ((await follow({ spec, sweepId, store, snapshots, display, ...(!attached && { began }) })) === 'left')
    sayHowToComeBack('Detached: the sweep goes on', sweepId, store);
}
