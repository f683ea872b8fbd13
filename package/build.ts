/** What `npm pack` packs, as `dist/`: every folder of code compiled, with the files of other kinds that it reads. */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

/** TypeScript is compiled, and the command stands in its own place. */
const isData = (path: string): boolean =>
  !/\.ts$|^(README\.md|tsconfig\.json|bin\.js|__pycache__)$/.test(basename(path));

rmSync(DIST, { recursive: true, force: true });
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [compiler, '-p', join(ROOT, 'package')], { stdio: 'inherit' });
for (const folder of readdirSync(DIST, { withFileTypes: true })) {
  if (folder.isDirectory())
    cpSync(join(ROOT, folder.name), join(DIST, folder.name), { recursive: true, filter: isData });
}
cpSync(join(ROOT, 'clients'), join(DIST, 'clients'), { recursive: true, filter: isData }); // what programs import
const { name, version, description, type } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  string,
  string
>;
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify({ name, version, description, type }, null, 2)}\n`);
