/**
 * Every option at the limits that its schema has: it trains, or is refused in a line. What is beyond them, the schema
 * refuses.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { z } from 'zod';
import type { ModelSpec, TaskSpec, TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { compile } from '../../engine/replay/index.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { tasks } from '../../models/tasks/index.ts';
import { programsOnce } from '../../trainer/network/programs.ts';
import { train, trainPack, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import { sectionSchema, type SectionName } from '../../sweep-file/schema.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

interface Bounds {
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  type?: string;
}

/** The least number that each option of a schema may have, and one that is too small. */
function leastOf(schema: z.ZodObject): Record<string, { least: number; less: number }> {
  const properties = z.toJSONSchema(schema, { io: 'input' }).properties as Record<string, Bounds>;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, { minimum, exclusiveMinimum, type }]) => {
      if (exclusiveMinimum !== undefined)
        return [[name, { least: exclusiveMinimum + Number.MIN_VALUE, less: exclusiveMinimum }]];
      if (minimum !== undefined)
        return [
          [name, { least: minimum, less: type === 'integer' ? minimum - 1 : minimum - 1e-50 - Math.abs(minimum) / 2 }],
        ];
      return [];
    }),
  );
}

/** The largest number that each option may have. */
function mostOf(schema: z.ZodObject): Record<string, number> {
  const properties = z.toJSONSchema(schema, { io: 'input' }).properties as Record<string, Bounds>;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, { maximum, exclusiveMaximum = Infinity }]) =>
      maximum !== undefined
        ? [[name, maximum]]
        : exclusiveMaximum === Infinity
          ? []
          : [[name, exclusiveMaximum - 2 ** -53]],
    ),
  );
}

/** What cannot be with the rest at its least: that is refused, in a line that says why, and trained without. */
const impossible: Record<string, Record<string, RegExp>> = {
  text: { heldOut: /too few for windows/ },
  'case-change': { truncate: /in case-change gradients must flow back/ },
};
const corpora: Record<string, string> = { text: 'ab'.repeat(20), names: 'a' };

const least = (schema: z.ZodObject, without: readonly string[] = []): Record<string, number> =>
  Object.fromEntries(
    Object.entries(leastOf(schema))
      .filter(([name]) => !without.includes(name))
      .map(([name, { least: value }]) => [name, value]),
  );

/** The section at its least, with the named entry's options at theirs. */
const section = <S>(name: SectionName, entry: string, without: readonly string[] = []): S =>
  ({
    ...least(sectionSchema(name, [entry]), without),
    [{ task: 'name', model: 'cell', training: 'optimizer' }[name]]: entry,
  }) as S;

interface Choice {
  task: string;
  cell?: string;
  optimizer?: string;
  without?: string[];
}

function leastTrial({
  task,
  cell = 'rnn',
  optimizer = 'sgd',
  without = Object.keys(impossible[task] ?? {}),
}: Choice): NetworkTrial {
  return {
    task: section<TaskSpec>('task', task, without),
    model: section<ModelSpec>('model', cell),
    training: { ...section<TrainingSpec>('training', optimizer, without), learningRate: 0.01, maxSteps: 3 },
    seed: 1,
  };
}

async function trained(trial: NetworkTrial, options: TrainOptions = {}): Promise<Trained> {
  const run = train(trial, { compile, corpus: corpora[trial.task.name], ...options });
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
  }
}

describe('every task with every cell, all at their least', () => {
  for (const task of Object.keys(tasks)) {
    for (const cell of Object.keys(cells)) {
      test(`${task}, ${cell}`, async () => {
        const trial = leastTrial({ task, cell });
        const whole = await trained(trial);
        assert.deepEqual([whole.status, whole.steps], ['completed', 3]);
        const half = await trained(trial, { toStep: 1 });
        assert.deepEqual(await trained(trial, { resume: structuredClone(half.checkpoint) }), whole);
        assert.equal((await trained({ ...trial, training: { ...trial.training, maxSteps: 1 } })).status, 'completed');
      });
    }

    test(`${task}, side by side as two lanes: each with the bits that it has alone`, async () => {
      const pack = [1, 2].map((seed) => ({ trial: { ...leastTrial({ task, cell: 'lstm' }), seed } }));
      const ends: Trained[] = [];
      for await (const event of trainPack(pack, { programs: programsOnce(compile), corpus: corpora[task] }))
        if ('end' in event) ends[event.lane] = event.end;
      for (const [i, { trial }] of pack.entries()) assert.deepEqual(ends[i], await trained(trial));
    });
  }
});

for (const [optimizer, { options }] of Object.entries(optimizers)) {
  for (const [name, limits] of Object.entries({ least: least(options), most: mostOf(options) })) {
    test(`${optimizer} trains with all of its options at their ${name}`, async () => {
      const { training, ...trial } = leastTrial({ task: 'palindrome', optimizer });
      const { status, checkpoint } = await trained({ ...trial, training: { ...training, ...limits } });
      assert.equal(status, 'completed');
      assert.ok(Object.values(checkpoint.tensors).every(({ values }) => values.every(Number.isFinite)));
    });
  }
}

for (const [task, refusals] of Object.entries(impossible)) {
  for (const [option, why] of Object.entries(refusals)) {
    test(`${task} refuses ${option} at its least with the rest at theirs, in a line`, async () => {
      const others = Object.keys(refusals).filter((name) => name !== option);
      await assert.rejects(trained(leastTrial({ task, without: others })), { name: 'UserError', message: why });
    });
  }
}

test('a text without two different characters is refused: there would be nothing to choose from', async () => {
  await assert.rejects(trained(leastTrial({ task: 'text' }), { corpus: 'a'.repeat(100) }), {
    name: 'UserError',
    message: /no two different characters/,
  });
});

for (const [name, registry] of Object.entries({ task: tasks, model: cells, training: optimizers })) {
  test(`what is less than the least is refused in every option of ${name}`, () => {
    for (const entry of Object.keys(registry)) {
      const schema = sectionSchema(name as SectionName, [entry]);
      for (const [option, { less }] of Object.entries(leastOf(schema)))
        assert.equal(schema.shape[option]?.safeParse(less).success, false, `${entry}: ${option} ${less}`);
    }
  });
}
