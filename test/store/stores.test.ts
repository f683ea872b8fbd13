/** What a store promises, tried on every kind; and what a bucket does when its service fails. */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import { openStore, type Store } from '../../store/index.ts';
import { storeId } from '../../store/runs.ts';
import { BUCKET, startProxy, startS3, variables, whyNoS3, type S3Proxy, type S3Server } from '../support/s3.ts';

const skip = await whyNoS3();
let server: S3Server;
let proxy: S3Proxy;

before(async () => {
  if (skip !== false) return;
  server = await startS3();
  proxy = await startProxy(server.port);
  Object.assign(process.env, variables(proxy.port));
});
after(async () => {
  proxy?.close();
  await server?.stop();
});

let prefixes = 0;
const newBucket = () => openStore(`s3://${BUCKET}/prefix-${++prefixes}`);
const text = async (store: Store, key: string) => {
  const bytes = await store.get(key);
  return bytes && Buffer.from(bytes).toString();
};

const kinds: { kind: string; open(): Promise<Store>; skip: string | false }[] = [
  {
    kind: 'a folder',
    open: async () => openStore(join(await mkdtemp(join(tmpdir(), 'sweep-stores-')), 'runs')),
    skip: false,
  },
  { kind: 'a bucket', open: () => Promise.resolve(newBucket()), skip },
];

for (const { kind, open, skip } of kinds) {
  describe(kind, { skip }, () => {
    test('what is written is read, whole or in pieces, and replaced', async () => {
      const store = await open();
      await store.put('a/b.txt', 'one');
      await store.put('a/b.txt', Uint8Array.from([0, 255, 10]));
      assert.deepEqual([...((await store.get('a/b.txt')) ?? [])], [0, 255, 10]);
      await store.put('c', pieces());
      assert.equal(await text(store, 'c'), 'é'.repeat(3_000_000));
      await store.put('empty', '');
      assert.equal(await text(store, 'empty'), '');
    });

    test('of many who write a new key at once one wins, and its bytes stay', async () => {
      const store = await open();
      const won = await Promise.all(Array.from({ length: 20 }, (_, i) => store.putNew('deep/a', String(i))));
      assert.equal(won.filter(Boolean).length, 1);
      assert.equal(await text(store, 'deep/a'), String(won.indexOf(true)));
      assert.equal(await store.putNew('deep/a', String(won.indexOf(true))), false, 'also with the same bytes');
    });

    test('names right under a prefix are listed in order, folders with a slash, hidden ones not', async () => {
      const store = await open();
      for (const key of ['s/b.json', 's/a/x', 's/a/y', 's/B', 's/.hidden', 'sa/x', 't']) await store.put(key, 'x');
      assert.deepEqual(await store.list('s'), ['B', 'a/', 'b.json']);
      assert.deepEqual(await store.list(''), ['s/', 'sa/', 't']);
      assert.deepEqual(await store.list('none'), []);
    });

    test('more names than one page holds are listed', async () => {
      const store = await open();
      const keys = Array.from({ length: 1_001 }, (_, i) => String(i).padStart(4, '0'));
      await Promise.all(keys.map((key) => store.put(`many/${key}`, '')));
      assert.deepEqual(await store.list('many'), keys);
      await store.remove('many');
      assert.deepEqual(await store.list('many'), []);
    });

    test('a prefix is removed with all under it and nothing beside it', async () => {
      const store = await open();
      for (const key of ['s/a/x', 's/y', 'sa/x', 's2']) await store.put(key, 'x');
      await store.remove('s');
      await store.remove('s2');
      await store.remove('none');
      assert.deepEqual(await store.list(''), ['sa/']);
      assert.equal(await store.get('s/y'), undefined);
    });

    test('a key cannot leave the place', async () => {
      const store = await open();
      for (const key of ['../x', 'a/../../x', 'a/./b', 'a\0b'])
        await assert.rejects(store.put(key, ''), /leaves the runs folder/);
    });

    test('its id is made once, and a copy elsewhere gets another', async () => {
      const [store, other] = [await open(), await open()];
      const ids = await Promise.all([storeId(store), storeId(store), storeId(openStore(store.url))]);
      assert.equal(new Set(ids).size, 1);
      await store.put('x', 'x'); // a folder's place is noted once there is one
      await storeId(store);
      await other.put('.store.json', (await store.get('.store.json')) ?? '');
      const copied = await storeId(other);
      assert.notEqual(copied, ids[0]);
      assert.equal(await storeId(other), copied);
      assert.equal(await storeId(store), ids[0]);
    });
  });
}

async function* pieces() {
  for (let i = 0; i < 30; i++) yield await Promise.resolve('é'.repeat(100_000));
}

/** The first so many requests of a method come to this. */
function first(many: number, method: string, fault: 'fail' | 'lose' | 'cut'): () => number {
  let met = 0;
  proxy.fault = ({ method: own }) => (own === method && met < many ? (met++, fault) : undefined);
  return () => met;
}

describe('a bucket whose service fails', { skip }, () => {
  test('is asked again: errors of the service, answers that are lost or cut', async () => {
    const store = newBucket();
    const long = 'x'.repeat(200_000);
    let met = first(2, 'PUT', 'fail');
    await store.put('k', long);
    assert.equal(met(), 2);
    met = first(1, 'PUT', 'lose');
    await store.put('k', long);
    assert.equal(met(), 1);
    for (const fault of ['fail', 'lose', 'cut'] as const) {
      met = first(2, 'GET', fault);
      assert.equal(await text(store, 'k'), long, fault);
      assert.equal(met(), 2, fault);
    }
    proxy.fault = () => undefined;
  });

  test('a new key whose answer was lost is still the one of who wrote it', async () => {
    const store = newBucket();
    const met = first(1, 'PUT', 'lose');
    assert.equal(await store.putNew('mine', 'a'), true);
    assert.equal(met(), 1);
    assert.equal(await store.putNew('mine', 'a'), false);
    proxy.fault = () => undefined;
  });

  test('that never gets better is one line', async () => {
    const store = newBucket();
    proxy.fault = () => 'fail';
    await assert.rejects(store.get('k'), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^s3:\/\/runs\/prefix-\d+\/k: the service failed 8 times \(503 /);
      return true;
    });
    proxy.fault = () => undefined;
  });

  test('no such bucket is one line, and so is what is no address of one', async () => {
    await assert.rejects(
      openStore('s3://elsewhere/x').put('k', ''),
      /^UserError: s3:\/\/elsewhere\/x\/k: there is no such bucket/,
    );
    for (const address of ['s3://', 's3://A/x', 's3://runs/../x', 's3://runs/./x'])
      assert.throws(() => openStore(address), /no address of a bucket; allowed: s3:\/\/BUCKET\/PREFIX/, address);
    assert.throws(
      () => openStore('ftp://x'),
      /not a place for runs; allowed: a folder, file:\/\/\/…, s3:\/\/BUCKET\/PREFIX/,
    );
  });

  test('a write or a read is one request, a list one a page', async () => {
    const store = newBucket();
    proxy.seen.length = 0;
    await store.put('a/b', 'x');
    await store.get('a/b');
    await store.putNew('a/c', 'x');
    await store.list('a');
    assert.deepEqual(
      proxy.seen.map(({ method }) => method),
      ['PUT', 'GET', 'PUT', 'GET'],
    );
  });
});
