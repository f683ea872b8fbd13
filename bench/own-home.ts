/**
 * A place for sweeps that leaves the user's own alone: a folder of its own for runs and for the state of server and
 * workers, ports of its own, and the installed parts of this user.
 */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerRecord } from '../orchestrate/background.ts';
import { BIN } from '../orchestrate/code.ts';
import { freePort } from '../server/ports.ts';
import { stopSupervised } from '../server/supervise.ts';
import { cacheDir } from '../setup/home.ts';
import { run } from '../setup/process.ts';
import { openStore, type Store } from '../store/index.ts';

export interface OwnHome {
  folder: string;
  env: NodeJS.ProcessEnv;
  store: Store;
  /** Runs `sweep …` to its end; throws what it printed if it fails. */
  sweep(...args: string[]): Promise<string>;
  /** `sweep start` of this sweep file, to its end; milliseconds by the clock on the wall. */
  start(spec: object, ...args: string[]): Promise<number>;
  /** Stops the server and the worker, if they run, and removes the folder. */
  remove(): Promise<void>;
}

export async function makeOwnHome(signal?: AbortSignal): Promise<OwnHome> {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-bench-'));
  await symlink(cacheDir(), join(folder, 'cache'));
  const runs = join(folder, 'runs');
  const port = await freePort([]);
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
    SWEEP_HOME: folder,
    SWEEP_SERVER_PORT: String(port),
    SWEEP_UI_PORT: String(await freePort([], [port])),
  };
  const store = openStore(runs);
  const home: OwnHome = {
    folder,
    env,
    store,
    async sweep(...args) {
      const { code, output } = await run(process.execPath, [BIN, ...args], { env, cwd: folder, signal });
      if (code !== 0) throw new Error(`sweep ${args.join(' ')} ended with code ${code}: ${output.trim().slice(-2000)}`);
      return output;
    },
    async start(spec, ...args) {
      const file = join(folder, 'sweep.json');
      await writeFile(file, JSON.stringify(spec));
      const began = Date.now();
      await home.sweep('start', file, '--runs', runs, '--json', ...args);
      return Date.now() - began;
    },
    async remove() {
      const worker = await workerRecord(store, join(folder, 'state'));
      await stopSupervised(worker.name, worker.folder);
      await stopSupervised('temporal', join(folder, 'state/server'));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return home;
}
