/**
 * What report.html allows a browser to do, read from the file: its Content-Security-Policy to the letter, and what it
 * escapes.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeReport } from '../../reports/report.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec, writeExampleRun } from '../support/example-run.ts';

const hostile = '</script><img src="https://example.org/x" onerror=\'hacked=1\'>&\u2028';

let folder: string;
let html: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-policy-'));
  const store = openStore(folder);
  const spec = {
    ...exampleSpec,
    name: 'hostile',
    description: hostile,
    repeats: 1,
    space: { 'model.cell': { choice: ['rnn', hostile] }, 'task.length': { choice: [5, 6] } },
  };
  const sweepId = await writeExampleRun(store, { spec });
  await writeReport(store, sweepId);
  html = Buffer.from((await store.get(`${sweepId}/report/report.html`)) ?? []).toString('utf8');
});
after(() => rm(folder, { recursive: true, force: true }));

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** Every string in a JSON value. */
const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];
const contents = (element: RegExp) => [...html.matchAll(element)].map(([, text = '']) => text);

test('nothing but the scripts and the style in the file may run, and nothing may be fetched, sent or framed', () => {
  const [policy = '', ...more] = contents(/<meta http-equiv="Content-Security-Policy" content="([^"]*)">/g);
  assert.deepEqual(more, []);
  const directives = Object.fromEntries(
    policy.split('; ').map((one) => [one.slice(0, one.indexOf(' ')), one.slice(one.indexOf(' ') + 1)]),
  );
  assert.deepEqual(directives, {
    'default-src': "'none'",
    'script-src': contents(/<script>([^]*?)<\/script>/g)
      .map(hashOf)
      .join(' '),
    'style-src': contents(/<style>([^]*?)<\/style>/g)
      .map(hashOf)
      .join(' '),
    'img-src': 'data:',
    'connect-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
  });
  assert.ok(
    html.indexOf('Content-Security-Policy') < html.search(/<script|<style|<link|<img/),
    'the policy stands before what it is about',
  );
});

test('what comes from data ends neither its element nor its attribute, nor the script that holds it', () => {
  const outside = html.replace(/<script>[^]*?<\/script>/g, '').replace(/<style>[^]*?<\/style>/g, '');
  assert.deepEqual(outside.match(/<img[^>]*example/), null);
  assert.ok(
    outside.includes(
      '&#60;/script&#62;&#60;img src=&#34;https://example.org/x&#34; onerror=&#39;hacked=1&#39;&#62;&#38;',
    ),
    'it is shown as it is',
  );
  const [data = ''] = contents(/<script type="application\/json" id="figures">([^]*?)<\/script>/g);
  assert.doesNotMatch(data, /[<>&\u2028\u2029]/);
  assert.ok(
    textsIn(JSON.parse(data)).some((text) => text.includes('</script><img src=')),
    'and the figures have it',
  );
});
