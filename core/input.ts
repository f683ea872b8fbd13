/**
 * Whether a workflow's input and a shard's news can be: whoever reaches the server may send anything, and what cannot
 * be is not to be tried again and again.
 */
import { checkOf, formProblem } from './form/check.ts';
import { MOST_CONCURRENT, MOST_TRIALS } from './form/limits.ts';
import type { Form, Keys } from './form/types.ts';
import { isTrainQueue, queuesOf } from './queues.ts';

/** What the server says of a workflow, which its input cannot change. */
export interface Sender {
  workflowId: string;
  /** The workflow that started it; left out: a client did. */
  parent?: string | undefined;
  /** It goes on from a run before. */
  continued: boolean;
  /** The server begins it again and again. */
  scheduled: boolean;
}

const text: Form = { is: 'text' };
const flag: Form = { is: 'flag' };
const whole = (atLeast: number, atMost: number) => ({ is: 'number', integer: true, atLeast, atMost }) as const;
const index = whole(0, MOST_TRIALS);
/** Some keys that are looked at, among others. */
const object = (keys: Keys) => ({ is: 'object', keys, others: true }) as const;
const optional = <F extends Form>(form: F) => ({ ...form, optional: true }) as const;

/** The spec, and how many lanes a job has, are looked at apart. */
const setting: Keys = {
  // What `--id` allows, and more: of sweeps that began before it was as strict.
  sweepId: {
    is: 'text',
    pattern: '^[A-Za-z0-9][\\w.-]{0,127}$',
    allowed: 'letters, digits, ".", "_" and "-", a letter or digit first, at most 128',
  },
  science: whole(1, 1_000_000),
  trainQueue: text,
  origin: optional(object({ backend: text, replayed: flag })),
  cache: flag,
  ahead: whole(0, 1_000_000),
  limits: optional(object({ trials: { is: 'number', atLeast: 1 }, events: { is: 'number', atLeast: 1 } })),
};
const control = object({ paused: flag, maxConcurrent: optional(whole(1, MOST_CONCURRENT)), noCache: optional(flag) });
const sweepCheck = checkOf(
  object({ ...setting, searchAttributes: flag, control, carried: optional(object({})), fresh: optional(flag) }),
);
const shardCheck = checkOf(
  object({
    ...setting,
    root: text,
    rootRun: optional(text),
    from: index,
    to: index,
    slots: index,
    cached: optional(index),
  }),
);
const slotsCheck = checkOf(index);
const lanesCheck = checkOf(whole(1, MOST_TRIALS));

const best = object({ label: text, trialId: text, objective: { is: 'number' } });
const progress = object({
  total: index,
  completed: index,
  cached: index,
  diverged: index,
  failed: index,
  stopped: index,
  best: optional(best),
});
const newsCheck = checkOf(
  object({
    from: index,
    sender: optional(object({ id: text, rootRun: text })),
    left: optional(index),
    ended: optional(progress),
    error: optional(text),
  }),
);

interface Known {
  sweepId: string;
  spec: unknown;
  lanes?: unknown;
  trainQueue: string;
  root?: string;
  carried?: object;
  cached?: number;
  from?: number;
  to?: number;
}

/** What keeps the input of a sweep's workflow, or of a shard's, from being one, in a line; undefined: nothing. */
function problemOf(
  input: unknown,
  kind: 'sweep' | 'shard',
  { workflowId, parent, continued, scheduled }: Sender,
): string | undefined {
  const wrong = (kind === 'sweep' ? sweepCheck : shardCheck)(input, '');
  if (wrong !== undefined) return wrong.replace(/^the sweep is/, 'the input is');
  const {
    sweepId,
    spec,
    lanes = 'measured',
    trainQueue,
    root = workflowId,
    carried,
    cached,
    from = 0,
    to = 1,
  } = input as Known;
  const wrongLanes = lanes === 'measured' ? undefined : lanesCheck(lanes, 'lanes');
  if (wrongLanes !== undefined) return wrongLanes;
  // The folder it writes to is that of its own name: nobody's else.
  const [, store = ''] = new RegExp(`^${sweepId.replaceAll('.', '\\.')}@([\\w-]+)$`).exec(root) ?? [];
  if (store === '')
    return `sweepId is ${sweepId} in the workflow ${JSON.stringify(root.slice(0, 200))}; allowed: one whose id is ${sweepId}@ and the id of the runs folder`;
  const queues = queuesOf(store);
  if (!isTrainQueue(trainQueue, store))
    return `trainQueue is ${JSON.stringify(trainQueue.slice(0, 80))}; allowed: ${queues.cpu}, ${queues.gpu}, or one of them for an origin and a science`;
  if (kind === 'shard' && (parent !== root || !workflowId.startsWith(`${root}/`)))
    return `root is ${root}, which has not started this shard; allowed: the sweep that has`;
  if (scheduled) return 'the workflow has a cron schedule; allowed: none';
  if (!continued && (carried !== undefined || cached !== undefined))
    return `${carried ? 'carried' : 'cached'} is of a run before, and there is none; allowed: nothing`;
  if (from >= to) return `from is ${from}, and to is ${to}; allowed: at least one trial`;
  const problem = formProblem(spec);
  return problem && `spec: ${problem}`;
}

export const sweepInputProblem = (input: unknown, sender: Sender): string | undefined =>
  problemOf(input, 'sweep', sender);
export const shardInputProblem = (input: unknown, sender: Sender): string | undefined =>
  problemOf(input, 'shard', sender);

/** What keeps a signal from being a shard's news, in a line; undefined: nothing. */
export const newsProblem = (news: unknown): string | undefined => newsCheck(news, '');

/** What keeps a signal from being a number of slots, in a line; undefined: nothing. */
export const slotsProblem = (slots: unknown): string | undefined => slotsCheck(slots, 'slots');
