/** A sweep whose runs live in a bucket. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openStore, type Store } from '../../store/index.ts';
import { newMachine, type Machine } from '../support/machine.ts';
import { BUCKET, startProxy, startS3, variables, whyNoS3, type S3Proxy, type S3Server } from '../support/s3.ts';

const skip = await whyNoS3();
const RUNS = `s3://${BUCKET}/runs`;
const SECRET = variables(0)['AWS_SECRET_ACCESS_KEY'] ?? '';
const spec = {
  name: 'short',
  task: { name: 'palindrome', length: 4 },
  model: { hiddenUnits: 8, layers: 1 },
  training: { optimizer: 'adam', learningRate: 0.01, batchSize: 8, maxSteps: 40, evaluateEvery: 20 },
  space: { 'model.cell': ['rnn', 'gru'] },
  repeats: 2,
};
/** Of a trial's own keys, from its look-up to its part in the report. */
const MOST_REQUESTS = 48;

async function keysOf(store: Store, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for (const name of await store.list(prefix)) {
    const key = prefix === '' ? name : `${prefix}/${name}`;
    keys.push(...(name.endsWith('/') ? await keysOf(store, key.slice(0, -1)) : [key]));
  }
  return keys;
}

describe('a sweep in a bucket', { skip }, () => {
  let server: S3Server;
  let proxy: S3Proxy;
  let machine: Machine;
  let folder: string;
  let file: string;
  let sweepId: string;
  before(async () => {
    server = await startS3();
    proxy = await startProxy(server.port);
    const env = variables(proxy.port);
    Object.assign(process.env, env);
    machine = await newMachine(env);
    folder = await mkdtemp(join(tmpdir(), 'sweep-bucket-'));
    file = join(folder, 'short.json');
    await writeFile(file, JSON.stringify(spec));
  });
  after(async () => {
    await machine?.stop();
    proxy?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('trains, and its results are byte for byte those of a folder', async () => {
    await machine.worker(RUNS); // ended with the machine
    const started = await machine.sweep('start', file, '--runs', RUNS);
    assert.equal(started.code, 0, await machine.story(started));
    sweepId = /Sweep +(\S+)/.exec(started.stdout)?.[1] ?? '';
    assert.match(started.stdout, new RegExp(`Report: ${RUNS}/${sweepId}/report/report.html`));
    const ofTrials = proxy.seen.filter(({ url }) => /\/trials\/\w|trials%2F\w/.test(url)).length;
    assert.ok(ofTrials <= 4 * MOST_REQUESTS, `${ofTrials} requests`);

    const runs = join(folder, 'runs');
    await machine.worker(runs);
    const other = await machine.sweep('start', file, '--runs', runs);
    assert.equal(other.code, 0, await machine.story(other));
    for (const name of ['results.csv', 'summary.csv', 'curves.csv'])
      assert.deepEqual(
        Buffer.from((await openStore(RUNS).get(`${sweepId}/report/${name}`)) ?? []).toString(),
        await readFile(join(runs, sweepId, 'report', name), 'utf8'),
        name,
      );
  });

  test('its report is proven where it lies, and fetched to be looked at', async () => {
    const verified = await machine.sweep('report', sweepId, '--verify', '--runs', RUNS);
    assert.match(verified.stdout, /verified/);
    assert.equal(verified.code, 0);
    const out = join(folder, 'copy');
    const fetched = await machine.sweep('report', sweepId, '--out', out, '--runs', RUNS);
    assert.equal(fetched.code, 0, fetched.stderr);
    assert.ok((await readdir(out)).includes('report.html'));
  });

  test('commands that are hinted at name the bucket', async () => {
    const { stdout } = await machine.sweep('status', sweepId, '--runs', RUNS);
    assert.match(stdout, new RegExp(`Folder +${RUNS}/${sweepId}`));
    const none = await machine.sweep('status', 'none', '--runs', RUNS);
    assert.match(none.stderr, new RegExp(`no sweep "none" in ${RUNS}`));
  });

  test('the secret key is nowhere: not in the bucket, the history, the logs', async () => {
    const store = openStore(RUNS);
    const keys = await keysOf(store);
    assert.ok(keys.length > 20);
    for (const key of keys) assert.equal(Buffer.from((await store.get(key)) ?? []).includes(SECRET), false, key);
    const entries = await readdir(machine.folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((entry) => entry.isFile())) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      if (!path.includes('/cache/')) assert.equal((await readFile(path)).includes(SECRET), false, path);
    }
  });

  test('of credentials that the service does not know, and a bucket that is none, one line is said', async () => {
    const { code, stderr } = await machine.sweep('status', '--runs', 's3://no-such-bucket');
    assert.equal(code, 1);
    assert.match(stderr, /^error: s3:\/\/no-such-bucket: there is no such bucket; make it, or give another place/);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
});
