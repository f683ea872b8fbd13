/** Whether a workflow's input and a shard's news can be: whoever reaches the server may send anything, and what cannot be is not to be tried again and again. */
import { MOST_CONCURRENT } from './control.ts';
import { anything, flag, formProblem, MOST_TRIALS, number, object, only, optional, text, whole, type Form } from './form.ts';
import { queuesOf } from './queues.ts';

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

/** What `--id` allows, and more: of sweeps that began before it was as strict. */
const id = only('letters, digits, ".", "_" and "-", a letter or digit first, at most 128', (value) => typeof value === 'string' && /^[A-Za-z0-9][\w.-]{0,127}$/.test(value));
const atLeast1 = only('a number of at least 1', (value) => Number.isFinite(value) && (value as number) >= 1);
const index = whole(0, MOST_TRIALS);

const setting = {
  sweepId: id,
  spec: anything, // formProblem() looks at it
  science: whole(1, 1_000_000), trainQueue: text, cache: flag, ahead: whole(0, 1_000_000),
  lanes: optional((value, place) => (value === 'measured' ? undefined : whole(1, MOST_TRIALS)(value, place))),
  limits: optional(object({ trials: atLeast1, events: atLeast1 }, anything)),
};
const control = object({ paused: flag, maxConcurrent: optional(whole(1, MOST_CONCURRENT)), noCache: optional(flag) }, anything);
const sweepForm = object({ ...setting, searchAttributes: flag, control, carried: optional(object({}, anything)), fresh: optional(flag) }, anything);
const shardForm = object({ ...setting, root: text, rootRun: optional(text), from: index, to: index, slots: index, cached: optional(index) }, anything);

const best = object({ label: text, trialId: text, objective: number });
const progress = object({ total: index, completed: index, cached: index, diverged: index, failed: index, stopped: index, best: optional(best) }, anything);
const newsForm = object({
  from: index, sender: optional(object({ id: text, rootRun: text }, anything)), left: optional(index), ended: optional(progress), error: optional(text),
}, anything);

interface Known { sweepId: string; spec: unknown; trainQueue: string; root?: string; carried?: object; cached?: number; from?: number; to?: number }

/** What keeps the input of a sweep's workflow, or of a shard's, from being one, in a line; undefined: nothing. */
function problemOf(form: Form, input: unknown, kind: 'sweep' | 'shard', { workflowId, parent, continued, scheduled }: Sender): string | undefined {
  const wrong = form(input, '');
  if (wrong !== undefined) return wrong.replace(/^the sweep is/, 'the input is');
  const { sweepId, spec, trainQueue, root = workflowId, carried, cached, from = 0, to = 1 } = input as Known;
  // The folder it writes to is that of its own name: nobody's else.
  const [, store = ''] = new RegExp(`^${sweepId.replaceAll('.', '\\.')}@([\\w-]+)$`).exec(root) ?? [];
  if (store === '') return `sweepId is ${sweepId} in the workflow ${JSON.stringify(root.slice(0, 200))}; allowed: one whose id is ${sweepId}@ and the id of the runs folder`;
  const queues = queuesOf(store);
  if (![queues.cpu, queues.gpu].includes(trainQueue)) return `trainQueue is ${JSON.stringify(trainQueue.slice(0, 80))}; allowed: ${queues.cpu}, ${queues.gpu}`;
  if (kind === 'shard' && (parent !== root || !workflowId.startsWith(`${root}/`))) return `root is ${root}, which has not started this shard; allowed: the sweep that has`;
  if (scheduled) return 'the workflow has a cron schedule; allowed: none';
  if (!continued && (carried !== undefined || cached !== undefined)) return `${carried ? 'carried' : 'cached'} is of a run before, and there is none; allowed: nothing`;
  if (from >= to) return `from is ${from}, and to is ${to}; allowed: at least one trial`;
  const problem = formProblem(spec);
  return problem && `spec: ${problem}`;
}

export const sweepInputProblem = (input: unknown, sender: Sender): string | undefined => problemOf(sweepForm, input, 'sweep', sender);
export const shardInputProblem = (input: unknown, sender: Sender): string | undefined => problemOf(shardForm, input, 'shard', sender);

/** What keeps a signal from being a shard's news, in a line; undefined: nothing. */
export const newsProblem = (news: unknown): string | undefined => newsForm(news, '');

/** What keeps a signal from being a number of slots, in a line; undefined: nothing. */
export const slotsProblem = (slots: unknown): string | undefined => index(slots, 'slots');
