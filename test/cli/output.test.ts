/** Names and texts that somebody else wrote: a terminal obeys none of them, and JSON has them exactly. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { region } from '../../cli/ui/live.ts';
import { clean, jsonText, printable } from '../../cli/ui/output.ts';
import { styleWith } from '../../cli/ui/style.ts';
import { openStore } from '../../store/index.ts';
import { writeControl, writeOutcome } from '../../store/runs.ts';
import { exampleSpec, exampleSweepId, writeExampleRun } from '../support/example-run.ts';

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
const EVIL = 'x\u001b[2J\u001b]0;pwned\u0007\u009b2Jy\u202e\u061cz';
const OBEYED = /(?!\n)\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
let runs: string;
before(async () => {
  runs = join(await mkdtemp(join(tmpdir(), 'sweep-output-')), EVIL);
  const store = openStore(runs);
  await writeExampleRun(store);
  await rename(join(runs, exampleSweepId(exampleSpec)), join(runs, EVIL));
  const file = join(runs, EVIL, 'sweep.json');
  await writeFile(
    file,
    JSON.stringify({
      ...(JSON.parse(await readFile(file, 'utf8')) as object),
      name: `n${EVIL}`,
      description: `d${EVIL}`,
    }),
  );
  await writeControl(store, EVIL, { paused: false });
  await writeOutcome(store, EVIL, {
    state: 'completed',
    total: 42,
    completed: 41,
    diverged: 1,
    failed: 1,
    at: '2026-11-20T10:06:00.000Z',
    message: EVIL,
  });
});
after(() => rm(join(runs, '..'), { recursive: true }));

function sweep(...args: string[]): { out: string; err: string } {
  const { stdout, stderr } = spawnSync(process.execPath, [BIN, ...args, '--runs', runs], {
    encoding: 'utf8',
    env: {
      ...process.env,
      SWEEP_HOME: join(runs, '../home'),
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
    },
  });
  return { out: stdout, err: stderr };
}

for (const args of [
  ['status'],
  ['status', EVIL],
  ['watch', EVIL],
  ['report', EVIL],
  ['report', EVIL, '--verify'],
  ['explain', EVIL, EVIL],
  ['pause', EVIL],
  ['cancel', EVIL],
  ['sample', EVIL, EVIL],
  ['status', `${EVIL}2`],
  ['start', `${EVIL}.json`],
  ['list', EVIL],
  [EVIL],
  ['status', EVIL, `--${EVIL}`],
]) {
  test(`sweep ${JSON.stringify(args).slice(1, -1).replaceAll('"', '')}`, () => {
    const { out, err } = sweep(...args);
    assert.doesNotMatch(out, OBEYED);
    assert.doesNotMatch(err, OBEYED);
    assert.notEqual(out + err, '');
  });
}

test('JSON has what was written, to the letter, and a terminal that is shown it obeys nothing', () => {
  const { out } = sweep('status', '--json');
  assert.doesNotMatch(out, OBEYED);
  const [status] = JSON.parse(out) as [{ sweepId: string; message: string; name: string }];
  assert.deepEqual([status.sweepId, status.message, status.name], [EVIL, EVIL, `n${EVIL}`]);
});

test('our own colours stay, and so do lines, tabs and letters of every script', () => {
  const style = styleWith({ unicode: true, colors: true });
  const all = [
    style.bold('a'),
    style.dim('b'),
    style.red('c'),
    style.green('d'),
    style.yellow('e'),
    style.bold(`f${style.dim('g')}h`),
    'é長\u0639\u200d👩‍🔬',
    'i\tj',
  ].join('\n');
  assert.equal(printable(all), all);
  assert.equal(printable('a\u001b[2Jb\u001b[8mc\u009b1md\re'), 'a [2Jb [8mc 1md e');
  assert.equal(clean(' a\u001b[31m\n\u202eb\u061c '), 'a [31m b');
});

test('JSON text reads as the value', () => {
  const value = { [EVIL]: [EVIL, 'é長', '\ud800', '\u2028', '\\u001b', 1] };
  assert.deepEqual(JSON.parse(jsonText(value, 2)), value);
  assert.doesNotMatch(jsonText(value), OBEYED);
});

test('the live region lets nothing through that is not ours', () => {
  let written = '';
  const bottom = region({ columns: 80, rows: 24, write: (text) => (written += text) });
  bottom.draw([`one ${EVIL}`]);
  bottom.print([`two ${EVIL}`]);
  assert.doesNotMatch(written, /\u001b\[2J|\u001b\]|\u0007|\u009b|\u202e/);
});
