import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeHash } from '../orchestrate/code.ts';

test('the hash of code changes with every file of its folders and with the packages, and with nothing else', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'sweep-code-'));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'models/cells'), { recursive: true });
  const hashes: string[] = [];
  for (const [file, text] of [
    ['models/cells/rnn.ts', 'h'], ['models/cells/rnn.ts', 'h + 1'], ['models/cells/gru.ts', ''], ['package-lock.json', '{}'], ['models/README.md', ''],
  ] as const) {
    await writeFile(join(root, file), text);
    hashes.push(await codeHash(['models'], root));
  }
  assert.equal(new Set(hashes).size, 4);
  assert.equal(hashes[4], hashes[3]);
});
