/**
 * A sweep is described once: the sweep file's schema, the check of workflows and reports, and what stands in both
 * agree.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { extensionProblem } from '../../core/extend.ts';
import { formProblem } from '../../core/form/check.ts';
import { programSweepForm } from '../../core/form/program.ts';
import { sweepForm } from '../../core/form/sweep.ts';
import type { Form } from '../../core/form/types.ts';
import { dropPath, type Json, type JsonObject } from '../../core/json.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { readRun } from '../../reports/input.ts';
import { extendSpec } from '../../sweep-file/extend.ts';
import { loadSweep } from '../../sweep-file/index.ts';
import { openStore } from '../../store/index.ts';

const folder = fileURLToPath(new URL('../../sweeps/', import.meta.url));
const shipped = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'sweep.schema.json');
const resolved = new Map(
  await Promise.all(shipped.map(async (name) => [name, await loadSweep(join(folder, name))] as const)),
);
const asSent = (spec: SweepSpec) => JSON.parse(JSON.stringify(spec)) as JsonObject;

for (const [name, { spec, corpora }] of resolved) {
  test(`${name} passes the check of workflows and reports, and can be extended while it runs`, () => {
    assert.equal(formProblem(asSent(spec)), undefined);
    const texts = new Map(
      Object.entries(spec.corpora ?? {}).map(([text, reference]) => [text, corpora.get(reference) ?? '']),
    );
    const { spec: longer } = extendSpec(spec, [`repeats=${spec.repeats + 1}`], texts);
    assert.equal(formProblem(asSent(longer)) ?? extensionProblem(spec, longer), undefined);
  });
}

/** The path of every key that a resolved spec has, with its description. */
function* keysOf(form: Form, path: string[] = []): Generator<[path: string[], form: Form]> {
  if (form.is !== 'object') return;
  for (const [key, one] of Object.entries(form.keys)) {
    if (one.only === 'file') continue;
    yield [[...path, key], one];
    yield* keysOf(one, [...path, key]);
  }
}
const has = (value: Json | undefined, path: readonly string[]): boolean =>
  path.length === 0 ||
  (value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.hasOwn(value, path[0] ?? '') &&
    has(value[path[0] ?? ''], path.slice(1)));

test('what a spec may lack, it may lack; what it must have, no check lets it lack', () => {
  for (const [name, { spec }] of resolved) {
    for (const [path, form] of keysOf(sweepForm)) {
      const sent = asSent(spec);
      if (!has(sent, path)) {
        assert.ok(form.optional === true || !has(sent, path.slice(0, -1)), `${name} has no ${path.join('.')}`);
        continue;
      }
      const problem = formProblem(dropPath(sent, path));
      if (form.optional !== true)
        assert.match(problem ?? 'accepted', new RegExp(`^${path.join('\\.')} is undefined; allowed: `), name);
    }
  }
});

test('a report takes the specs that a workflow takes, and refuses the others by the same line', async (t) => {
  const runs = await mkdtemp(join(tmpdir(), 'sweep-form-'));
  t.after(() => rm(runs, { recursive: true }));
  const store = openStore(runs);
  const { spec } = resolved.get('text-temperature.json') ?? assert.fail();
  assert.ok(spec.report.reference);
  const sent: Json[] = [
    {},
    { repeats: 2.5 },
    { extra: 1 },
    { sampling: { temperature: 1 } },
    { report: { reference: {} } },
    { training: { ...spec.training, clip: {} } as JsonObject },
  ].map((change) => ({ ...asSent(spec), ...change }));
  for (const [i, one] of sent.entries()) {
    await store.put(`s${i}/sweep.json`, JSON.stringify(one));
    const said = await readRun(store, `s${i}`).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const problem = formProblem(one);
    assert.equal(said, problem && `s${i}/sweep.json: ${problem}`);
    assert.equal(problem === undefined, i === 0);
  }
});

test('the schema for editors has the keys of the description, and no others', () => {
  type Schema = Record<'then' | 'else', { properties: object }>;
  const schema = JSON.parse(readFileSync(join(folder, 'sweep.schema.json'), 'utf8')) as Schema;
  for (const [part, form] of [['then', programSweepForm] as const, ['else', sweepForm] as const])
    assert.deepEqual(
      Object.keys(schema[part].properties).sort(),
      Object.entries<Form>(form.keys)
        .flatMap(([key, { only }]) => (only === 'spec' ? [] : [key]))
        .sort(),
    );
});
