/**
 * An interface of another kind than the command, in the environment of a machine: begins a sweep, looks on until it has
 * ended, and looks once more. Arguments: the runs folder, and the spec as JSON. All that it prints is one line of JSON.
 */
import type { SweepSpec } from '../../core/spec.ts';
import { beginSweep } from '../../orchestrate/begin.ts';
import { statusOf, summaryOf } from '../../orchestrate/status.ts';
import { track } from '../../orchestrate/track.ts';
import { watchSweep } from '../../orchestrate/watch.ts';
import { openStore } from '../../store/index.ts';

const store = openStore(process.argv[2] ?? '');
const spec = JSON.parse(process.argv[3] ?? '') as SweepSpec;
const { signal } = new AbortController();

const steps: string[] = [];
const begun = await beginSweep({
  store,
  spec,
  backend: 'cpu',
  slots: 1,
  signal,
  onEvent: (event) => void (event.kind === 'step' && steps.push(event.step)),
});
const { sweepId, attached, total, plan } = begun;
const ended = new Set<string>();
let state = '';
for await (const update of track({ spec, store, snapshots: begun.follow(signal) })) {
  for (const { label } of update.ended) ended.add(label);
  ({ state } = update.view.snapshot);
}
const watched = await watchSweep(store, sweepId, signal);
const status = await statusOf(store, sweepId, () => {});
const { leader, startedAt } = await summaryOf(store, status);
const seen = {
  steps,
  sweepId,
  attached,
  total,
  cached: plan.cached.trials,
  ended: [...ended].sort(),
  state,
  running: watched.running,
  status: status.state,
  hasLeader: leader !== undefined,
  hasStart: startedAt !== undefined,
};
process.stdout.write(`${JSON.stringify(seen)}\n`);
process.exit(0); // the connection to the server stays open
