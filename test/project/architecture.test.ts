import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

/**
 * Files that break a rule each -> the rule that must say so. (That the project itself breaks none is `npm run lint`.)
 */
const breaches: [file: string, text: string, rule: string][] = [
  ['core/a.ts', "export { x } from '../store/b.ts';", 'core-imports'],
  ['core/c.ts', "export { readFileSync } from 'node:fs';", 'pure-core'],
  ['core/d.ts', "export { z } from 'zod';", 'core-packages'],
  ['models/a.ts', "export { x } from '../store/b.ts';", 'models-imports'],
  ['engine/a.ts', "export { x } from '../models/a.ts';", 'engine-imports'],
  ['trainer/a.ts', "export { x } from '../reports/a.ts';", 'trainer-imports'],
  ['cli/e.ts', "import type { X } from './f.ts'; export type Y = X;", 'no-circle'],
  ['models/b.ts', "export { readFileSync } from 'node:fs';", 'science-without-disk'],
  ['store/c.ts', "export { x } from '../reports/a.ts';", 'store-imports'],
  ['reports/b.ts', "export { Client } from '@temporalio/client';", 'temporal-stays-outside'],
  ['sweep-file/a.ts', "export { x } from '../cli/a.ts';", 'sweep-file-imports'],
  ['workflows/a.ts', "export { x } from '../activities/a.ts';", 'workflows-imports'],
  ['workflows/b.ts', "import type { X } from '../store/b.ts'; export type Y = X;", 'workflow-types'],
  ['workflows/c.ts', "export { z } from 'zod';", 'workflow-packages'],
  ['activities/b.ts', "export { x } from '../workflows/d.ts';", 'activities-imports'],
  ['server/a.ts', "export { x } from '../orchestrate/a.ts';", 'server-imports'],
  ['orchestrate/b.ts', "export { x } from '../cli/c.ts';", 'orchestrate-imports'],
  ['setup/a.ts', "export { x } from '../server/b.ts';", 'setup-imports'],
  ['cli/b.ts', "export { x } from './c.ts';", 'no-circle'],
  ['cli/d.ts', "export { x } from './nowhere.ts';", 'no-missing'],
];
const fine: [file: string, text: string][] = [
  ['cli/c.ts', "export { y } from './b.ts'; export const x = 1;"], // a circle is told of once
  ['cli/f.ts', "import type { Y } from './e.ts'; export type X = Y;"],
  ['store/b.ts', 'export const x = 1; export type X = string;'],
  ['reports/a.ts', "export { x } from '../store/b.ts';"],
  ['activities/a.ts', "export { x } from '../store/b.ts'; export type X = string;"],
  ['workflows/d.ts', "import type { X } from '../activities/a.ts'; export type Y = X; export const x = 1;"],
  ['server/b.ts', 'export const x = 1;'],
  ['orchestrate/a.ts', "export { x } from '../server/b.ts';"],
  ['cli/a.ts', "export { x } from '../orchestrate/a.ts';"],
];

interface Violation {
  from: string;
  rule: { name: string };
}

test('an import against the direction is refused by the rule it breaks', async (t) => {
  const place = await mkdtemp(join(tmpdir(), 'sweep-architecture-'));
  t.after(() => rm(place, { recursive: true }));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) await cp(file, join(place, file));
  await symlink(resolve('node_modules'), join(place, 'node_modules'));
  for (const [file, text] of [...breaches, ...fine]) {
    await mkdir(dirname(join(place, file)), { recursive: true });
    await writeFile(join(place, file), text);
  }
  const folders = [...new Set([...breaches, ...fine].map(([file]) => dirname(file)))];
  const depcruise = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [depcruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: place, maxBuffer: 2 ** 26 });
  const { violations } = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary;
  for (const [file, text, rule] of breaches) {
    assert.ok(
      violations.some((v) => v.from === file && v.rule.name === rule),
      `${file} (${text}) must break ${rule}`,
    );
  }
  const innocent = fine.map(([file]) => file);
  assert.deepEqual(
    violations.filter(({ from }) => innocent.includes(from)),
    [],
  );
});
