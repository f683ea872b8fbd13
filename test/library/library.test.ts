/** Sweeps from a program. The example that documents it is the test. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../../orchestrate/code.ts';
import { run } from '../../setup/process.ts';
import { loadSweep } from '../../sweep-file/index.ts';
import { newMachine } from '../support/machine.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-library-'));
});
after(() => rm(folder, { recursive: true }));

test(
  'the example starts a sweep, follows it to its end, extends it and ends by itself',
  { timeout: 300_000 },
  async (t) => {
    const machine = await newMachine({ TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json') });
    t.after(() => machine.stop());
    await machine.worker(join(machine.folder, 'runs'));
    const tsx = join(ROOT, 'node_modules/tsx/dist/loader.mjs');
    const { code, output } = await run(
      process.execPath,
      ['--import', tsx, join(ROOT, 'examples/library/compare.mts')],
      { cwd: machine.folder, env: machine.env },
    );
    assert.equal(code, 0, output);
    assert.match(output, /^8 of 8 trials$/m);
    assert.match(output, /^completed: 12 of 12 trials$/m);
    assert.equal(
      output.match(/^\{"model\.cell":"(rnn|lstm)","task\.length":[46]\} repeat [123] completed [01]\.\d\d$/gm)?.length,
      12,
    );
    assert.match(
      output,
      /^best: \{"model\.cell":"\w+","task\.length":\d\} report: \S+runs\/memory\/report\/report\.html$/m,
    );
  },
);

const SPACE = "{ 'model.cell': ['rnn', 'lstm'] }";
const sweep = `{ name: 'module', task: { name: 'palindrome', length: 4 }, model: { hiddenUnits: 2 }, space: ${SPACE} }`;

test('a sweep file may be JavaScript or TypeScript, and is the sweep of the same JSON', async () => {
  for (const [file, text] of [
    ['a.mjs', `export default ${sweep};`],
    ['b.cjs', `module.exports = ${sweep};`],
    ['c.ts', `interface Named { name: string }\nexport default ${sweep} satisfies Named;`],
  ] as const) {
    await writeFile(join(folder, file), text);
    const { spec } = await loadSweep(join(folder, file));
    assert.deepEqual([spec.name, spec.space], ['module', { 'model.cell': { choice: ['rnn', 'lstm'] } }], file);
  }
});

test('a sweep file that is none is one line', async () => {
  for (const [file, text, line] of [
    ['d.mjs', 'export const sweep = {};', /d\.mjs: its default export is missing; needed: the sweep/],
    ['e.mjs', "throw new Error('no such luck\\nat all');", /e\.mjs: cannot be loaded: no such luck$/],
    ['f.ts', 'export default "text";', /f\.ts: its default export is string; needed/],
    ['g.ts', 'export default { name: "g" };', /g\.ts: task: missing/],
  ] as const) {
    await writeFile(join(folder, file), text);
    await assert.rejects(loadSweep(join(folder, file)), line);
  }
  await assert.rejects(loadSweep(join(folder, 'nowhere.ts')), /nowhere\.ts: no such file; allowed: a sweep file/);
});
