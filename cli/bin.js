#!/usr/bin/env node
// Plain JavaScript without static imports, so that an old Node gets this line instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 3)) {
  console.error(`error: sweep needs Node.js 20.3 or newer; this is ${process.versions.node}. Get one from https://nodejs.org`);
  process.exit(1);
}
import('tsx/esm/api')
  .then(({ register }) => register({ tsconfig: false }))
  .then(() => import('./main.ts'))
  .then(({ main }) => main(process.argv.slice(2)))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
