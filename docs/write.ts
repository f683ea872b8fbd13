/** `npm run docs`: makes the tables of the reference anew. What stands between them is written by people. */
import { readFile, writeFile } from 'node:fs/promises';
import { commandsBlocks } from './commands.ts';
import { filled } from './markdown.ts';
import { sweepFileBlocks } from './sweep-file.ts';

const documents = { 'sweep-file.md': sweepFileBlocks(), 'commands.md': await commandsBlocks() };

for (const [name, blocks] of Object.entries(documents)) {
  const place = new URL(name, import.meta.url);
  await writeFile(place, filled(await readFile(place, 'utf8'), blocks));
}
