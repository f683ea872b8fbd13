/**
 * The list of mutants stays usable, and what judges them tells the killed from those that survive. `npm run
 * test:mutants` runs them all.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { edited, judgeMutants, readMutants, ROOT, type Listed } from '../support/mutants.ts';

test('every mutant finds its text exactly once, changes it, and names tests that are there', async () => {
  const mutants = await readMutants();
  const problems = await Promise.all(
    mutants.map(async (mutant) => {
      const text = await readFile(join(ROOT, mutant.file), 'utf8').catch(() => '');
      const missing = mutant.noticedBy.filter((file) => !existsSync(join(ROOT, file)));
      if (mutant.noticedBy.length === 0 || missing.length > 0)
        return [`${mutant.what}: no such tests: ${missing.join(', ')}`];
      try {
        return edited(text, mutant) === text ? [`${mutant.what}: changes nothing`] : [];
      } catch (error) {
        return [`${mutant.area}: ${mutant.what}: ${(error as Error).message}`];
      }
    }),
  );
  assert.deepEqual(problems.flat(), []);
  const names = mutants.map(({ area, what }) => `${area}: ${what}`);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
    'each is listed once',
  );
});

test('a mutant is killed, survives, or proves nothing; and none is judged by a test that fails by itself', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'sweep-judge-'));
  t.after(() => rm(root, { recursive: true }));
  await promisify(execFile)('git', ['init', '-q'], { cwd: root });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  await mkdir(join(root, 'test'));
  const test = (name: string, body: string) =>
    writeFile(
      join(root, `test/${name}.test.ts`),
      `
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { sum } from '../sum.ts';
    test('${name}', () => ${body});
  `,
    );
  await writeFile(join(root, '.gitignore'), 'node_modules\n');
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(join(root, 'sum.ts'), 'export const sum = (a: number, b: number) => a + b;\n');
  await test('blind', 'assert.equal(sum(2, 2), 4)');
  await test('seeing', 'assert.equal(sum(2, 3), 5)');
  await test('broken', 'assert.equal(sum(2, 3), 6)');
  const mutant = (what: string, noticedBy: string, find = 'a + b', replace = 'a * b'): Listed => ({
    area: 'sum',
    what,
    file: 'sum.ts',
    find,
    replace,
    noticedBy: [`test/${noticedBy}.test.ts`],
  });
  const verdicts: Record<string, string> = {};
  const judged = (mutants: Listed[]) =>
    judgeMutants(mutants, {
      root,
      jobs: 1,
      onBroken: (file) => {
        verdicts[file] = 'broken';
      },
      onVerdict: ({ what }, verdict) => {
        verdicts[what] = 'killed' in verdict ? verdict.killed : Object.keys(verdict).join();
      },
    });
  assert.equal(await judged([mutant('product', 'seeing')]), true);
  assert.equal(
    await judged([
      mutant('unseen', 'blind'),
      mutant('nowhere', 'blind', 'a - b'),
      mutant('no code', 'seeing', 'a + b', 'a +'),
    ]),
    false,
  );
  assert.equal(await judged([mutant('not asked', 'broken')]), false);
  assert.deepEqual(verdicts, {
    product: 'seeing',
    unseen: 'survived',
    nowhere: 'unusable',
    'no code': 'unusable',
    'test/broken.test.ts': 'broken',
  });
  assert.equal(
    await readFile(join(root, 'sum.ts'), 'utf8'),
    'export const sum = (a: number, b: number) => a + b;\n',
    'the checkout itself is never edited',
  );
});
