/** One entry of a folder that is damaged, copied, linked or left by a kill says nothing of the others. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { RecordEntry } from '../../core/adaptive.ts';
import { readDecisions, writeDecisions } from '../../store/decisions.ts';
import { openStore } from '../../store/index.ts';
import { inTurn } from '../../store/in-turn.ts';
import { highestRung } from '../../store/rungs.ts';
import {
  clearAbandoned,
  clearLeftovers,
  listSweeps,
  listTrials,
  readOutcome,
  readSpec,
  storeId,
  writeOutcome,
} from '../../store/runs.ts';
import { temporaryName } from '../../store/temporary.ts';
import { exampleSpec, writeExampleRun } from '../support/example-run.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-entries-'));
});
after(() => rm(folder, { recursive: true }));
const newStore = async () => openStore(await mkdtemp(join(folder, 'runs-')));

const OUTCOME = { state: 'completed' as const, total: 2, completed: 2, diverged: 0, failed: 0, at: '' };
const spec = { ...exampleSpec, space: {}, search: { name: 'random', trials: 1 }, repeats: 2 };

async function status(runs: string, ...args: string[]): Promise<string> {
  return (
    await promisify(execFile)(process.execPath, ['cli/bin.js', 'status', ...args, '--runs', runs], {
      env: { ...process.env, NO_COLOR: '1', LANG: 'C.UTF-8' },
    })
  ).stdout;
}

test(
  'sweeps whose files are damaged are named, and all others shown, a linked one too',
  { timeout: 60_000 },
  async () => {
    const store = await newStore();
    const id = await writeExampleRun(store, { spec, diverged: -1, failed: -1 });
    await writeOutcome(store, id, OUTCOME);
    for (const [name, file, text] of [
      ['a-empty', 'sweep.json', ''],
      ['b-object', 'sweep.json', '{}'],
      ['c-end', 'outcome.json', '{ "st'],
      ['d-end', 'outcome.json', 'null'],
      ['e-control', 'control.json', '{'],
    ] as const) {
      await cp(join(store.url, id), join(store.url, name), { recursive: true });
      await writeFile(join(store.url, name, file), text);
    }
    await rename(join(store.url, id), `${store.url}-elsewhere`);
    await symlink(`${store.url}-elsewhere`, join(store.url, 'linked'));
    await symlink('nowhere', join(store.url, 'dangling'));
    const text = await status(store.url);
    assert.match(text, /^linked +completed +2\/2 /m);
    for (const name of ['a-empty', 'b-object', 'c-end', 'd-end', 'e-control']) {
      assert.match(text, new RegExp(`^${name} +damaged`, 'm'));
      assert.match(text, new RegExp(`^Damaged: ${name}: \\S+/${name}/\\w+\\.json: not `, 'm'));
    }
    const json = JSON.parse(await status(store.url, '--json')) as { sweepId: string; state: string }[];
    assert.deepEqual(
      json.map(({ state }) => state),
      ['damaged', 'damaged', 'damaged', 'damaged', 'damaged', 'completed'],
    );
    assert.match(await status(store.url, 'linked'), /completed/);
  },
);

test('a folder that may not be looked into is no sweep', async () => {
  const store = await newStore();
  await store.put('own/sweep.json', '{}');
  const list = async (prefix: string) => {
    if (prefix === 'lost+found') throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    return store.list(prefix);
  };
  await mkdir(join(store.url, 'lost+found'));
  assert.deepEqual(await listSweeps({ ...store, list }), ['own']);
});

test('copies that a syncing program makes beside decisions, rungs and trials are passed over', async () => {
  const store = await newStore();
  const entries = (n: number) => [{ start: { configuration: n } } as unknown as RecordEntry];
  for (const n of [0, 1, 2]) await writeDecisions(store, 's', n, entries(n));
  await store.put('s/decisions/000000001 (conflict copy).json', '[]');
  await store.put('s/decisions/000000000.sync-conflict.json', '[]');
  assert.deepEqual(await readDecisions(store, 's'), [0, 1, 2].flatMap(entries));
  const id = 'a'.repeat(20);
  await store.put(`s/trials/${id}/rungs/step-000000100.json`, '{}');
  await store.put(`s/trials/${id}/rungs/step-000000100 (conflict copy).json`, '{}');
  assert.equal((await highestRung(store, 's', id))?.record, 'rungs/step-000000100.json');
  await store.put(`s/trials/${id} (conflict copy)/result.json`, '{}');
  assert.deepEqual(await listTrials(store, 's'), [id]);
  await store.put('s/decisions/000000001.json', '{}');
  await assert.rejects(readDecisions(store, 's'), /decisions\/000000001\.json: not a list of decisions$/);
});

test('a file of JSON that is something else is named in a line', async () => {
  const store = await newStore();
  for (const text of ['null', '[]', '{}', '"x"']) {
    await store.put('s/sweep.json', text);
    await assert.rejects(readSpec(store, 's'), /s\/sweep\.json: not a resolved sweep$/);
    await store.put('s/outcome.json', text);
    await assert.rejects(readOutcome(store, 's'), /s\/outcome\.json: not the end of a sweep$/);
  }
});

test('a damaged id of the runs folder is refused with what to do, and gives no names', async () => {
  for (const text of ['', '{"id": "ab', '{}', 'null', '{"id": 5}', '{"id": "x\' OR 1=1 --"}', '{"id": ""}']) {
    const store = await newStore();
    await store.put('.store.json', text);
    await assert.rejects(storeId(store), /\.store\.json is damaged: .+ Remove it, and a new one is made/, text);
    await store.remove('.store.json');
    assert.match(await storeId(store), /^[0-9a-f]{8}$/);
  }
});

test('what a writer that died has left is removed, what a living one or another machine writes is not', async () => {
  const store = await newStore();
  await store.put('s/report/report.html', 'x');
  const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
  const left = [temporaryName(dead), temporaryName(dead)];
  const kept = [temporaryName(), `.tmp-00000000-${dead}-0123456789ab`, '.hidden'];
  const old = ['.tmp-00000000-1-0123456789ab', '.tmp-1-0123456789ab'];
  for (const name of [...left, ...kept, ...old]) await writeFile(join(store.url, 's/report', name), '');
  for (const name of old) await utimes(join(store.url, 's/report', name), 0, 0);
  await clearAbandoned(store, 's');
  assert.deepEqual((await readdir(join(store.url, 's/report'))).sort(), [...kept, 'report.html'].sort());
});

test('a finished trial keeps nothing of its way', async () => {
  const store = await newStore();
  const trial = `s/trials/${'a'.repeat(20)}`;
  for (const file of ['result.json', 'failure.json', 'attempts/one/step-000000001.ckpt', 'rungs/step-000000001.json'])
    await store.put(`${trial}/${file}`, '{}');
  await clearLeftovers(store, 's', 'a'.repeat(20));
  assert.deepEqual(await store.list(trial), ['result.json']);
});

test('however many ask, few files are open at a time', async () => {
  let [now, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    now--;
  };
  await Promise.all(Array.from({ length: 1000 }, () => inTurn(work)));
  await assert.rejects(inTurn(() => Promise.reject(new Error('one that fails gives its place back'))));
  assert.deepEqual([now, most], [0, 32]);
});
