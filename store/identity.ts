/**
 * The id of a runs folder, in its `.store.json`: workers and sweeps that share the folder find each other by it. A copy
 * has the file too; so the file also says where the folder was, and what is found elsewhere gets an id of its own.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { hashJson } from '../core/json.ts';
import { pretty, readWhole } from './keys.ts';
import type { Store } from './types.ts';

/**
 * Where a folder lies. `inode` goes with it when it is moved on its file system, and is that of every machine that
 * shares it.
 */
export interface Place {
  machine: string;
  path: string;
  inode: string;
}

/** `place`: left out by versions that did not keep it. */
interface Identity {
  id: string;
  place?: Place;
}

const KEY = '.store.json';

/** The id, made on first use. */
export async function storeId(store: Store): Promise<string> {
  const known = await knownStoreId(store);
  if (known !== undefined) return known;
  await store.putNew(KEY, pretty({ id: randomBytes(4).toString('hex') })); // its place is noted below, once there is a folder
  const made = await knownStoreId(store);
  if (made === undefined) throw new Error(`${store.url}/${KEY} has gone again`);
  return made;
}

/** The same of a folder that has one already: nothing is made where there is none any more. */
export async function knownStoreId(store: Store): Promise<string | undefined> {
  const known = await readIdentity(store);
  if (known === undefined) return undefined;
  const here = await placeOf(store.url);
  if (here === undefined) return known.id;
  const now = await identityAt(known, here);
  // A full or read-only disk is no reason not to know it: the next one comes to the same.
  if (now !== known) await store.put(KEY, pretty(now)).catch(() => {});
  return now.id;
}

/** The id becomes part of names: of queues, workflows and files. */
async function readIdentity(store: Store): Promise<Identity | undefined> {
  const there = await readWhole<Identity>(store, KEY);
  if (there === undefined && (await store.get(KEY)) === undefined) return undefined;
  if (typeof there?.id === 'string' && /^[\w-]{1,64}$/.test(there.id)) return there;
  throw new UserError(
    `${store.url}/${KEY} is damaged: it should hold the id of this runs folder. Remove it, and a new one is made: ` +
      'finished trials stay, and what runs now is begun again with sweep start',
  );
}

/**
 * What a folder is that is found here with this file in it. Depends on nothing else, so that two who ask at once agree.
 */
async function identityAt(known: Identity, here: Place): Promise<Identity> {
  const { id, place } = known;
  if (place === undefined) return { id, place: here };
  if (here.machine === NO_MACHINE || place.machine === NO_MACHINE)
    return samePlace(place, here) ? known : copyOf(id, here);
  // Another machine has its own way to a folder that both share.
  if (place.machine !== here.machine || place.path === here.path) return known;
  const there = await placeOf(place.path);
  if (there !== undefined && (await idIn(place.path)) === id)
    return (await isOneFolder(place.path, here.path)) ? known : copyOf(id, here);
  return place.inode === here.inode ? { id, place: here } : copyOf(id, here);
}

/** A bucket's: it is the same one from everywhere, and cannot be moved. */
const NO_MACHINE = '';

const samePlace = (a: Place, b: Place) => a.machine === b.machine && a.path === b.path;

const copyOf = (id: string, here: Place): Identity => ({
  id: hashJson({ copyOf: id, ...here }).slice(0, 8),
  place: here,
});

async function placeOf(folder: string): Promise<Place | undefined> {
  if (!isAbsolute(folder)) return { machine: NO_MACHINE, path: folder, inode: '' };
  try {
    const { ino } = await stat(folder, { bigint: true });
    return { machine: machine(), path: await realpath(folder), inode: String(ino) };
  } catch {
    return undefined; // gone, or not ours to see
  }
}

const idIn = (folder: string): Promise<unknown> =>
  readFile(join(folder, KEY), 'utf8').then(
    (text) => (JSON.parse(text) as Identity).id,
    () => undefined,
  );

/** Also under two names: mounted twice, or linked. */
async function isOneFolder(a: string, b: string): Promise<boolean> {
  const [one, two] = await Promise.all([a, b].map((folder) => stat(folder, { bigint: true })));
  return one?.dev === two?.dev && one?.ino === two?.ino;
}

let own: string | undefined;

/** The same after a restart; of a container, as long as it has a name that is given to it. */
function machine(): string {
  return (own ??= createHash('sha256').update(`${hostname()}\n${machineId()}`).digest('hex').slice(0, 12));
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}
