import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { searches } from '../../core/search/index.ts';
import { cells } from '../../models/cells/index.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { tasks } from '../../models/tasks/index.ts';
import type { Entry } from '../../models/types.ts';
import { figures } from '../../reports/figures/index.ts';
import { sweepJsonSchema } from '../../sweep-file/json-schema.ts';
import { sectionNames, sections } from '../../sweep-file/schema.ts';

interface Node {
  enum?: string[];
  enumDescriptions?: string[];
  const?: string;
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  oneOf?: Node[];
}

const { else: schema } = JSON.parse(sweepJsonSchema()) as { else: Node }; // a file without a program
const at = (...path: string[]): Node => path.reduce<Node>((node, key) => node.properties?.[key] ?? {}, schema);

test('sweeps/sweep.schema.json is what the schemas say (npm run schema writes it)', () => {
  assert.equal(readFileSync(new URL('../../sweeps/sweep.schema.json', import.meta.url), 'utf8'), sweepJsonSchema());
});

const registries: [path: string[], registry: Readonly<Record<string, { summary: string }>>][] = [
  [['task', 'name'], tasks],
  [['model', 'cell'], cells],
  [['training', 'optimizer'], optimizers],
];
for (const [path, registry] of registries) {
  test(`an editor offers every ${path.join('.')} with its summary`, () => {
    assert.deepEqual(at(...path).enum, Object.keys(registry));
    assert.deepEqual(
      at(...path).enumDescriptions,
      Object.values(registry).map(({ summary }) => summary),
    );
  });
}

test('an editor offers every figure and every search', () => {
  assert.deepEqual(at('report', 'figures').items?.enum, Object.keys(figures));
  assert.deepEqual(
    at('search').oneOf?.map((n) => n.properties?.['name']?.const),
    Object.keys(searches),
  );
});

test('an editor offers every option, described, in its section and as a path in space', () => {
  for (const section of sectionNames) {
    for (const [name, { options }] of Object.entries<{ options: Entry['options'] }>(sections[section].registry)) {
      for (const key of Object.keys(options.shape)) {
        assert.ok(
          at(section, key).description ?? JSON.stringify(at(section, key)).includes('"description"'),
          `${name}'s ${key}`,
        );
        assert.ok(Object.hasOwn(at('space').properties ?? {}, `${section}.${key}`), `${section}.${key} in space`);
      }
    }
  }
});

test("no option has the name of its section's own key", () => {
  for (const section of sectionNames) {
    for (const [name, { options }] of Object.entries<{ options: Entry['options'] }>(sections[section].registry)) {
      for (const key of Object.keys(options.shape))
        assert.ok(!Object.hasOwn(sections[section].own, key), `${name}'s ${key} hides ${section}.${key}`);
    }
  }
});
