// node --import this, with SWEEP_TEST_LOADED=FILE: every module that is loaded becomes a line of FILE.
import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';

const file = process.env.SWEEP_TEST_LOADED;
const hook = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(${JSON.stringify(file)}, url + '\\n');
    return next(url, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
process.on('exit', () =>
  appendFileSync(
    file,
    Object.keys(createRequire(import.meta.url).cache)
      .map((path) => `${path}\n`)
      .join(''),
  ),
);
