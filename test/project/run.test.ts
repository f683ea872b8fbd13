/** The run of all tests: it is none where a part is missing that could be there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { whyNotOnnx } from '../../setup/onnx.ts';
import { whyNotNative } from '../../setup/tensorflow.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('where set-up fails no test is run, and the exit status says so; but for what is left out on purpose', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-run-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'bin'));
  const run = (variables: NodeJS.ProcessEnv) =>
    new Promise<{ code: number | string; out: string; err: string }>((resolve) => {
      // Nothing can be installed below a file, and there is no program of the user's.
      const { NODE_TEST_CONTEXT: _, SWEEP_TEST_WITHOUT: __, ...env } = process.env;
      const options = {
        cwd: ROOT,
        env: { ...env, PATH: join(folder, 'bin'), SWEEP_HOME: join(folder, 'file/home'), ...variables },
      };
      execFile(
        process.execPath,
        ['--import', 'tsx', 'test/run.ts', 'test/core/best.test.ts'],
        options,
        (error, out, err) => resolve({ code: error?.code ?? 0, out, err }),
      );
    });
  const refused = await run({});
  const parts = [
    ...(whyNotNative() === undefined ? ['native'] : []),
    ...(whyNotOnnx() === undefined ? ['onnx'] : []),
    'server',
  ].join(' and ');
  assert.match(refused.err, new RegExp(`error: no tests were run: ${parts} could not be set up.*SWEEP_TEST_WITHOUT=`));
  assert.deepEqual([refused.code, /pass/.test(refused.out)], [1, false]);
  const without = await run({ SWEEP_TEST_WITHOUT: 'native,onnx,server' });
  assert.deepEqual([without.code, /pass [1-9]/.test(without.out)], [0, true], without.out + without.err);
});
