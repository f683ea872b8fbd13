/** Histories of sweeps that earlier versions ran: the workflows of today make the same decisions of them, so that those sweeps go on. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import proto from '@temporalio/proto';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { workflowBundle } from '../orchestrate/bundle.ts';
import { cacheDir } from '../setup/home.ts';

const FOLDER = fileURLToPath(new URL('histories', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const { History } = proto.temporal.api.history.v1;
interface Recorded { events: { eventType: string; [key: string]: unknown }[] }
const read = (name: string) => JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Recorded;

interface Start { workflowType: { name: string }; workflowId: string; input: { payloads: { data: string }[] } }
const startOf = ({ events }: Recorded) => events[0]?.['workflowExecutionStartedEventAttributes'] as Start;
const inputOf = (history: Recorded) =>
  JSON.parse(Buffer.from(startOf(history).input.payloads[0]?.data ?? '', 'base64').toString()) as Record<string, unknown>;

async function replay({ events }: Recorded): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle(cacheDir()) }, History.fromObject({ events }), startOf({ events }).workflowId);
}

test('there is a history of every workflow, and of each way to end a run', () => {
  const started = files.map((name) => startOf(read(name)).workflowType.name);
  assert.deepEqual([...new Set(started)].sort(), ['shard', 'sweep']);
  const ends = new Set(files.map((name) => read(name).events.at(-1)?.eventType.replace('EVENT_TYPE_WORKFLOW_EXECUTION_', '')));
  assert.deepEqual([...ends].sort(), ['CANCELED', 'COMPLETED', 'CONTINUED_AS_NEW']);
});

test('there is a timer, a run of each workflow that goes on from another, and one that trains again what was lost', () => {
  const histories = files.map(read);
  assert.ok(histories.some(({ events }) => events.some(({ eventType }) => eventType === 'EVENT_TYPE_TIMER_STARTED')));
  const inputs = histories.map((history) => ({ workflow: startOf(history).workflowType.name, input: inputOf(history) }));
  for (const [workflow, key] of [['sweep', 'carried'], ['shard', 'cached'], ['sweep', 'fresh']]) {
    assert.ok(inputs.some((one) => one.workflow === workflow && key !== undefined && one.input[key] !== undefined), `${workflow} with ${key}`);
  }
  const carried = inputs.flatMap(({ input }) => (input['carried'] ? [input['carried'] as { shards: unknown[]; adaptive?: unknown }] : []));
  assert.ok(carried.some(({ shards }) => shards.length > 0) && carried.some(({ adaptive }) => adaptive !== undefined));
});

for (const name of files) {
  test(`${name} replays, whole and cut short at any of its workflow tasks`, { timeout: 60_000 }, async () => {
    const history = read(name);
    await replay(history);
    // A sweep that was running when the code changed: its history ends with a task that the new code is to do.
    const tasks = history.events.flatMap(({ eventType }, i) => (eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED' ? [i] : []));
    for (const at of [tasks[1], tasks[Math.floor(tasks.length / 2)]]) {
      if (at !== undefined) await replay({ events: history.events.slice(0, at - 1) });
    }
  });
}

test('a history that another workflow would have made is found out', { timeout: 60_000 }, async () => {
  const history = read(files.find((name) => name.includes('small')) ?? '');
  const changed = history.events.map((event) => {
    const attributes = event['activityTaskScheduledEventAttributes'] as { activityType: { name: string } } | undefined;
    return attributes?.activityType.name === 'findFinished' ? { ...event, activityTaskScheduledEventAttributes: { ...attributes, activityType: { name: 'other' } } } : event;
  });
  await assert.rejects(replay({ events: changed }), DeterminismViolationError);
});
