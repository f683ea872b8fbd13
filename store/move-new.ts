/** "Only the first may win" on file systems without hard links. */
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A mark stands for as long as a file is looked for and moved; one that stands for longer than this, in milliseconds,
 * is a dead process's.
 */
const DEAD_MS = 10_000;
const AGAIN_MS = 20;

/**
 * Moves a whole file to where nothing is yet. False: something is there, and stays. Whoever makes the mark beside it
 * does so alone.
 */
export async function moveNew(temp: string, target: string): Promise<boolean> {
  const mark = join(dirname(target), `.new-${basename(target)}`);
  await takeMark(mark);
  try {
    if (
      await stat(target).then(
        () => true,
        () => false,
      )
    )
      return false;
    await rename(temp, target);
    return true;
  } finally {
    await rm(mark, { force: true });
  }
}

/**
 * Makes the mark once nobody else's is there. One that stays the same for too long is removed: no two have the same
 * content.
 */
async function takeMark(mark: string): Promise<void> {
  let seen: { text: string; since: number } | undefined;
  for (;;) {
    if (await makeMark(mark)) return;
    const text = await readFile(mark, 'utf8').catch(() => undefined);
    if (text === undefined)
      seen = undefined; // taken away meanwhile
    else if (text !== seen?.text) seen = { text, since: performance.now() };
    else if (performance.now() - seen.since > DEAD_MS) await rm(mark, { force: true });
    await sleep(AGAIN_MS);
  }
}

async function makeMark(mark: string): Promise<boolean> {
  try {
    const file = await open(mark, 'wx');
    await file
      .writeFile(randomBytes(12).toString('hex'))
      .catch(async (error: unknown) => {
        await rm(mark, { force: true }); // a full disk: nobody is to wait for this one
        throw error;
      })
      .finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
