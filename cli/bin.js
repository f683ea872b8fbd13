#!/usr/bin/env node
// Plain JavaScript without static imports, so that an old Node gets this line instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 3)) {
  console.error(
    `error: sweep needs Node.js 20.3 or newer; this is ${process.versions.node}. Get one from https://nodejs.org`,
  );
  process.exit(1);
}
// For this process and all that it starts: tsx would run compiled code out of $TMPDIR/tsx-UID, and that folder anyone
// may have made.
process.env.TSX_DISABLE_CACHE = '1';
try {
  process.cwd(); // which all that is loaded asks for
} catch {
  console.error(
    'error: the current folder has been deleted, or cannot be reached; go to another one (cd) and try again',
  );
  process.exit(1);
}
const loaded = process.execArgv.includes('--loader');
start().catch((error) => {
  console.error(error);
  process.exit(1);
});

async function start() {
  const { existsSync } = await import('node:fs');
  const isClone = existsSync(new URL('main.ts', import.meta.url)); // the package has what it was compiled to
  if (isClone && major === 20 && minor < 6 && !loaded) return startAgain();
  if (isClone && !loaded) (await import('tsx/esm/api')).register({ tsconfig: false });
  const { main } = await import(isClone ? './main.ts' : '../dist/cli/main.js');
  return main(process.argv.slice(2));
}

/** Before 20.6 a Node takes a loader only as a flag. */
async function startAgain() {
  const [{ spawn }, { createRequire }, { pathToFileURL }] = await Promise.all([
    import('node:child_process'),
    import('node:module'),
    import('node:url'),
  ]);
  const { resolve } = createRequire(import.meta.url);
  const tsx = pathToFileURL(resolve('tsx')).href;
  process.env.TSX_TSCONFIG_PATH = resolve('../tsconfig.json'); // that of the current folder may name other files for its imports
  const child = spawn(process.execPath, ['--no-warnings', '--loader', tsx, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {}); // a terminal sends these to both
  process.on('SIGTERM', () => child.kill());
  child.once('exit', (code) => process.exit(code ?? 1));
}
