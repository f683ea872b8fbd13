/**
 * `npm run record:histories`: plays sweeps on a real Temporal server and keeps the histories of their workflows as
 * fixtures, which test/replay.test.ts replays with the code as it is then. Record anew when workflows get another
 * version on purpose, and under another name: the old ones must go on to replay for as long as sweeps of that version
 * may be running.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import type { SweepSpec } from '../../core/spec.ts';
import { changeSweep } from '../../orchestrate/steer.ts';
import { workflowIdOf } from '../../orchestrate/workflow.ts';
import type { RunLimits } from '../../workflows/messages.ts';
import { newLaboratory, type Laboratory } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** Of which version of the workflows these are, and which to play; left out: all. */
const [version = 'v1', ...only] = process.argv.slice(2);

const { History } = proto.temporal.api.history.v1;
/** As JSON, bytes as base64. */
const plain = (history: proto.temporal.api.history.v1.IHistory) =>
  History.toObject(History.fromObject(history), { enums: String, longs: String, bytes: String });

/**
 * Without what differs between machines: who worked, where, and with which stack. The SDK's flags stay: replay goes by
 * them.
 */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key]) =>
          !['identity', 'userMetadata', 'stackTrace', 'workerVersion', 'meteringMetadata', 'binaryChecksum'].includes(
            key,
          ),
      )
      .map(([key, inner]) => [key, clean(inner)]),
  );
}

async function keep(lab: Laboratory, name: string, workflowId: string): Promise<void> {
  const histories = await lab.histories(workflowId);
  for (const [i, history] of histories.entries()) {
    const file = `${version}-${name}${histories.length > 1 ? `-run-${i + 1}` : ''}.json`;
    await writeFile(`${FOLDER}${file}`, `${JSON.stringify(clean(plain(history)))}\n`);
    process.stdout.write(`${file}: ${history.events?.length} events\n`);
  }
}

const asha: Partial<SweepSpec> = {
  scheduler: { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 },
  search: { name: 'random', trials: 9 },
  space: { 'training.learningRate': { logUniform: [0.001, 1] } },
};

/** A sweep to be played until its end; what is done to it on the way; the workflows of it to keep. */
interface Play {
  name: string;
  changes?: Partial<SweepSpec>;
  /** So little that a few trials are a large sweep, whose workflows continue as new. */
  limits?: RunLimits;
  prepare?(lab: Laboratory): void;
  meanwhile?(lab: Laboratory, spec: SweepSpec): Promise<void>;
  shards?: string[];
}

const plays: Play[] = [
  { name: 'small' },
  {
    name: 'steered',
    async meanwhile(lab) {
      const change = (...what: Parameters<typeof changeSweep>[3]) =>
        changeSweep(lab.target, lab.store, 'steered', what);
      await until(() => lab.inHand().length === 4);
      await change('pause');
      await until(() => lab.inHand().length === 0);
      await change('concurrency', 2);
      await change('resume');
      await until(() => lab.inHand().length === 2);
    },
  },
  {
    name: 'extended',
    async meanwhile(lab, spec) {
      await until(() => lab.inHand().length === 4);
      await changeSweep(lab.target, lab.store, 'extended', ['extend', { ...spec, repeats: 3 }]);
      await until(() => lab.inHand().length === 4);
    },
  },
  {
    name: 'cancelled',
    async meanwhile(lab) {
      await until(() => lab.inHand().length === 4);
      await lab.target.client.workflow.getHandle(await workflowIdOf(lab.store, 'cancelled')).cancel();
      await lab.ended('cancelled');
    },
  },
  { name: 'adaptive', changes: asha },
  { name: 'sharded', changes: { repeats: 135 }, shards: ['400-405'] },
  {
    name: 'timed',
    changes: { budget: { wallClockSeconds: 3 } },
    async meanwhile(lab) {
      await lab.ended('timed');
    },
  },
  { name: 'adaptive-carried', changes: asha, limits: { trials: 400, events: 60 } },
  {
    name: 'sharded-carried',
    changes: { repeats: 5, budget: { maxConcurrent: 3 } },
    limits: { trials: 8, events: 24 },
    shards: ['0-8'],
  },
  {
    name: 'lost',
    async meanwhile(lab) {
      await until(() => lab.inHand().length === 4);
      lab.release(1);
      await until(() => lab.trained('lost').length === 1);
      await until(() => lab.inHand().length === 4);
      await lab.store.remove(`lost/trials/${lab.trained('lost')[0]}`);
    },
  },
  { name: 'longest', changes: { space: { 'task.length': { choice: [4, 9, 6] } }, budget: { maxConcurrent: 2 } } },
  {
    name: 'packed', // the last one: trainers go on as they are told here
    changes: { repeats: 8 },
    prepare(lab) {
      lab.packSize(({ most }) => most);
      lab.fails(({ index }) => index === 7); // its pack is tried again trial by trial
    },
  },
];

const lab = await newLaboratory({ slots: 4 });
try {
  await mkdir(FOLDER, { recursive: true });
  for (const { name, changes = {}, limits: runs, prepare, meanwhile, shards = [] } of plays.filter(
    (play) => only.length === 0 || only.includes(play.name),
  )) {
    lab.flow(meanwhile === undefined);
    prepare?.(lab);
    const spec = await lab.start(name, changes, { ...(runs && { limits: runs }) });
    await meanwhile?.(lab, spec);
    lab.flow(true);
    await lab.ended(name);
    const root = await workflowIdOf(lab.store, name);
    await lab.target.client.workflow
      .getHandle(root)
      .result()
      .catch(() => {}); // cancelled
    await keep(lab, name, root);
    for (const shard of shards) {
      const query = `WorkflowId STARTS_WITH '${root}/' AND WorkflowType = 'shard'`;
      const ids = new Set<string>();
      for await (const { workflowId } of lab.target.client.workflow.list({ query }))
        if (workflowId.endsWith(`/${shard}`)) ids.add(workflowId);
      for (const id of ids) await keep(lab, `${name}-shard-${shard}`, id);
    }
  }
} finally {
  await lab.stop();
}
process.exit(0);
