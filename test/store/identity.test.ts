/** The id of a runs folder goes with the folder, and not with its bytes. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { openStore } from '../../store/index.ts';
import { knownStoreId, storeId } from '../../store/runs.ts';

let parent: string;
let folder: string;
let count = 0;
before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sweep-identity-'));
});
after(() => rm(parent, { recursive: true }));
beforeEach(() => {
  folder = join(parent, String(++count));
});

const at = (name: string) => `${folder}-${name}`;
const idOf = (path: string) => storeId(openStore(path));
const copy = (to: string) => cp(folder, to, { recursive: true });
const file = (path: string) => join(path, '.store.json');
const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

test('a copy has an id of its own, the same for all who ask, and the folder it is of keeps its own', async () => {
  const id = await idOf(folder);
  await copy(at('copy'));
  const [one, two] = await Promise.all([idOf(at('copy')), idOf(at('copy'))]);
  assert.notEqual(one, id);
  assert.deepEqual([two, await idOf(at('copy')), await idOf(folder)], [one, one, id]);
});

test('a folder that was moved keeps its id, also where a copy of it is left', async () => {
  const id = await idOf(folder);
  await copy(at('copy'));
  await rename(folder, at('moved'));
  const ids = [await idOf(at('moved')), await idOf(at('copy'))];
  assert.equal(ids[0], id);
  assert.notEqual(ids[1], id);
  await rename(at('moved'), folder);
  assert.equal(await idOf(folder), id);
});

test('under another name it is the same folder', async () => {
  const id = await idOf(folder);
  await symlink(folder, at('link'));
  assert.deepEqual([await idOf(at('link')), await idOf(folder)], [id, id]);
});

test('a folder that another machine shares is the same under any path, and its file stays as it is', async () => {
  const shared = `${JSON.stringify({ id: 'abcd1234', place: { machine: 'another', path: '/mounted/elsewhere', inode: '1' } })}\n`;
  await idOf(folder);
  await writeFile(file(folder), shared);
  assert.equal(await idOf(folder), 'abcd1234');
  assert.equal(await readFile(file(folder), 'utf8'), shared);
});

test('a file from before places were kept is taken as it is, once', async () => {
  await idOf(folder);
  await writeFile(file(folder), '{ "id": "abcd1234" }');
  assert.equal(await idOf(folder), 'abcd1234');
  await copy(at('copy'));
  assert.notEqual(await idOf(at('copy')), 'abcd1234');
});

test('where there is no folder none is made to know its id, and one that was moved while it was used is not made again', async () => {
  const store = openStore(folder);
  assert.equal(await knownStoreId(store), undefined);
  assert.equal(await isThere(folder), false);
  await storeId(store);
  await rename(folder, at('moved'));
  assert.equal(await knownStoreId(store), undefined);
  await assert.rejects(
    store.put('a/b', ''),
    /has gone: it was moved or deleted while a sweep used it; give its new place with --runs$/,
  );
  assert.equal(await isThere(folder), false);
});
