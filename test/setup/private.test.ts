/** Who may read and write what sweep keeps beside the runs: nobody but the user whose it is. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import { workflowBundle } from '../../orchestrate/bundle.ts';
import { ensureSupervised, stopSupervised } from '../../server/supervise.ts';
import { cacheDir, stateDir } from '../../setup/home.ts';
import { ours } from '../../setup/private.ts';
import { makeOnce } from '../../setup/workplace.ts';

const mask = process.umask();
const before = process.env.SWEEP_HOME;
let folder: string;
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-private-'));
  process.env.SWEEP_HOME = join(folder, 'home');
});
afterEach(async () => {
  process.umask(mask);
  if (before === undefined) delete process.env.SWEEP_HOME;
  else process.env.SWEEP_HOME = before;
  await rm(folder, { recursive: true, force: true });
});

const makers: Record<string, () => Promise<unknown>> = {
  'a part that is set up': () =>
    makeOnce(join(cacheDir(), 'part'), {}, (aside) => writeFile(join(aside, 'program'), '')),
  'the bundle of workflows': () => workflowBundle(cacheDir()),
  'a server': async () => {
    const server = { name: 'server', folder: join(stateDir(), 'server') };
    await ensureSupervised({ ...server, command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] });
    await stopSupervised(server.name, server.folder);
  },
};

for (const [what, make] of Object.entries(makers)) {
  test(`${what} lies where nobody else comes, even if the umask is 0`, async () => {
    process.umask(0);
    await make();
    const home = join(folder, 'home');
    assert.equal(await mode(home), '700');
    for (const path of [join(home, 'cache'), join(home, 'state')])
      assert.equal(await mode(path).catch(() => '700'), '700', path);
  });
}

test('what an earlier version left open to readers is closed before it is used', async () => {
  await mkdir(join(folder, 'home', 'state'), { recursive: true });
  await chmod(join(folder, 'home', 'state'), 0o755);
  assert.equal(await mode(stateDir()), '700');
});

const refused = (path: string, why: RegExp, uid = process.getuid?.()) =>
  assert.throws(
    () => ours(path, uid),
    (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.ok(error.message.startsWith(path) && !error.message.includes('\n'), error.message);
      assert.match(error.message, why);
      return true;
    },
  );

test('a folder that every user may write to is refused, and so is one of another user', async () => {
  const cache = join(folder, 'home', 'cache');
  await mkdir(cache, { recursive: true });
  await chmod(cache, 0o777);
  refused(cache, /may be written by every user.*chmod 700/);
  assert.throws(cacheDir, UserError);
  await chmod(cache, 0o700);
  if (process.getuid?.() === 0) await chown(cache, 12_345, 12_345);
  refused(cache, /belongs to another user \(uid \d+\).*SWEEP_HOME/, process.getuid?.() === 0 ? 0 : 1);
});
