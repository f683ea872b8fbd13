/**
 * What can go wrong, one entry each. All is real: signals, files, a file system that is full, a clock that is wrong.
 */
import { execFileSync } from 'node:child_process';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../support/machine.ts';
import { ID, list, type World } from './world.ts';

export interface Fault {
  summary: string;
  /** Whether the runs folder has to be a small file system of its own. */
  smallDisk?: boolean;
  /** `draw`, in [0, 1), is all the chance there is. */
  strike(world: World, draw: number): Promise<void>;
}

const SKEWED_CLOCK = fileURLToPath(new URL('skewed-clock.cjs', import.meta.url));
/** Longer than the 30 seconds after which Temporal takes a silent job for lost. */
const ZOMBIE_MS = 35_000;
export const SMALL_DISK = 4 << 20;

const pick = <T>(items: readonly T[], draw: number): T | undefined => items[Math.floor(draw * items.length)];

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // it has just ended
  }
}

/** Stops the processes' clocks, as a machine that swaps or sleeps does. */
async function freeze(pids: readonly (number | undefined)[], milliseconds: number): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  await sleep(milliseconds);
  for (const pid of pids) signal(pid, 'SIGCONT');
}

async function freezeTrainers(world: World, pids: readonly number[], milliseconds: number): Promise<void> {
  const from = Date.now();
  await freeze(pids, milliseconds);
  world.still.push({ from, to: Date.now() });
}

/** A second worker takes its share for a while. */
async function withAnotherWorker(
  { machine, runs }: World,
  variables: Record<string, string>,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const worker = machine.spawnWith(
    { ...variables, TEMPORAL_ADDRESS: `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}` },
    'worker',
    '--slots',
    '1',
    '--runs',
    runs,
  );
  await meanwhile();
  worker.process.kill('SIGINT');
  await worker.ended;
}

/** Files that are being written keep a file system from it for a moment. */
async function remount(folder: string, how: 'ro' | 'rw'): Promise<void> {
  await until(() => {
    try {
      execFileSync('mount', ['-o', `remount,${how}`, folder], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

async function killTrainer(world: World, draw: number): Promise<void> {
  world.noteRework();
  signal(pick(await world.trainers(), draw), 'SIGKILL');
}

/** Damages the newest checkpoint of a trial, then makes somebody need it. */
async function damage(world: World, draw: number, how: (file: string, bytes: Buffer) => Promise<void>): Promise<void> {
  const [newest] =
    pick(
      world.training().filter(({ checkpoints }) => checkpoints.length > 0),
      draw,
    )?.checkpoints ?? [];
  if (newest !== undefined) {
    const bytes = await readFile(newest).catch(() => undefined);
    world.noteRework(newest); // before: what is written to has a new date
    if (bytes !== undefined && bytes.length > 0) await how(newest, bytes).catch(() => undefined); // pruned meanwhile
  } else world.noteRework();
  for (const pid of await world.trainers()) signal(pid, 'SIGKILL');
}

export const faults = {
  'kill trainer': { summary: 'SIGKILL of a trainer', strike: killTrainer },
  'kill worker': {
    summary: 'SIGKILL of the worker',
    async strike(world) {
      world.noteRework();
      signal(await world.workerPid(), 'SIGKILL');
    },
  },
  'kill server': {
    summary: 'SIGKILL of the Temporal server, which comes back on the same file',
    async strike(world) {
      signal(await world.serverPid(), 'SIGKILL');
    },
  },
  'kill command': {
    summary: 'SIGKILL of the command, which is typed again',
    async strike(world) {
      world.cli.process.kill('SIGKILL');
      await world.cli.ended;
      world.cli = world.start();
    },
  },
  'freeze trainer': {
    summary: 'a trainer stands still for up to 5 s',
    strike: async (world, draw) => freezeTrainers(world, (await world.trainers()).slice(0, 1), 5000 * draw),
  },
  'freeze worker': {
    summary: 'the worker stands still for up to 5 s',
    strike: async (world, draw) => freeze([await world.workerPid()], 5000 * draw),
  },
  'freeze server': {
    summary: 'the server stands still for up to 5 s',
    strike: async (world, draw) => freeze([await world.serverPid()], 5000 * draw),
  },
  'freeze command': {
    summary: 'the command stands still for up to 5 s',
    strike: async ({ cli }, draw) => freeze([cli.process.pid], 5000 * draw),
  },
  'zombie worker': {
    summary: 'worker and trainers stand still until Temporal has given their jobs to another worker, then go on',
    async strike(world) {
      await withAnotherWorker(world, {}, async () => {
        const worker = await world.workerPid();
        world.noteRework();
        await freezeTrainers(world, [worker, ...(await world.trainers())], ZOMBIE_MS);
        await sleep(5000); // both have them now
      });
    },
  },
  'restart server': {
    summary: 'the server is stopped and started on the same file',
    async strike({ machine }) {
      await machine.sweep('server', 'stop');
      await machine.sweep('server', 'start');
    },
  },
  'truncate checkpoint': {
    summary: 'the newest checkpoint loses its end, the trainers are killed',
    strike: (world, draw) => damage(world, draw, (file, bytes) => truncate(file, Math.floor(bytes.length * draw))),
  },
  'flip a bit': {
    summary: 'one bit of the newest checkpoint is another one, the trainers are killed',
    strike: (world, draw) =>
      damage(world, draw, async (file, bytes) => {
        const place = Math.floor(draw * bytes.length);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(draw * 8));
        await writeFile(file, bytes);
      }),
  },
  'full disk': {
    summary: 'the disk of the runs folder is full for some seconds',
    smallDisk: true,
    async strike({ runs }, draw) {
      const ballast = join(runs, '.ballast');
      await writeFile(ballast, Buffer.alloc(SMALL_DISK)).catch(() => undefined); // ENOSPC is what is wanted
      await sleep(1000 + 4000 * draw);
      await rm(ballast, { force: true });
    },
  },
  'read-only disk': {
    summary: 'nothing can be written to the runs folder for some seconds',
    smallDisk: true,
    async strike({ runs }, draw) {
      await remount(runs, 'ro');
      await sleep(1000 + 4000 * draw);
      await remount(runs, 'rw');
    },
  },
  'skewed clock': {
    summary: 'another worker takes its share, with a clock that is up to a day wrong',
    async strike(world, draw) {
      const offset = Math.round((draw - 0.5) * 2 * 86_400_000);
      await withAnotherWorker(world, { NODE_OPTIONS: `--require ${SKEWED_CLOCK}`, SKEW_MS: String(offset) }, () =>
        sleep(8000),
      );
    },
  },
  'two commands': {
    summary: 'the sweep is started a second time while it runs',
    async strike(world) {
      world.others.push(world.start());
    },
  },
  'folder deleted': {
    summary: 'the run folder is deleted while the sweep is paused; it is started again, and resumed',
    async strike(world) {
      const { machine, runs } = world;
      const steer = (command: string) => machine.sweep(command, ID, '--runs', runs);
      if ((await steer('pause')).code !== 0) return; // it has just ended
      await sleep(2000);
      await rm(join(runs, ID), { recursive: true, force: true });
      world.cli.process.kill('SIGKILL');
      await world.cli.ended;
      world.cli = world.start();
      await until(() => world.over() || list(join(runs, ID)).includes('sweep.json'));
      await steer('resume');
    },
  },
  'database lost': {
    summary: 'the Temporal database is deleted and the server killed',
    async strike(world) {
      const { database } = world.machine;
      const pid = await world.serverPid();
      for (const file of [database, `${database}-wal`, `${database}-shm`]) await rm(file, { force: true });
      signal(pid, 'SIGKILL');
    },
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
