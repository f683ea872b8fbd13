/** What a person sees while parts are downloaded and built. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partLine, partsDisplay } from '../../cli/ui/parts.ts';
import { styleWith } from '../../cli/ui/style.ts';

const style = styleWith({ unicode: true, colors: false });

test('a download shows its share, its megabytes and its time', () => {
  const progress = {
    part: 'tensorflow',
    phase: 'download',
    done: 137e6,
    total: 274e6,
    unit: 'bytes',
    message: 'tensorflow-cpu',
  } as const;
  const expected = '  TensorFlow       ━━━━━━━━━━━━────────────  downloading tensorflow-cpu · 137/274 MB · 1:15';
  assert.equal(partLine(progress, 75, 120, style), expected);
});

test('a build of unknown length shows what it does, in as many columns as there are', () => {
  const progress = {
    part: 'temporal',
    phase: 'build',
    done: 12,
    unit: 'packages',
    message: 'temporal\u001b[31m 1.5.1',
  } as const;
  assert.match(partLine(progress, 3, 120, style), /─{24} {2}building temporal \[31m 1\.5\.1 · 12 packages · 0:03$/);
  assert.ok(partLine(progress, 3, 40, style).length <= 40);
});

test('without a terminal there is one line for every phase, and none before the first', () => {
  const written: string[] = [];
  const display = partsDisplay({ write: (text) => written.push(text) });
  assert.deepEqual(written, []);
  for (const done of [1, 2, 3])
    display.onProgress({ part: 'tensorflow', phase: 'download', done, total: 3, unit: 'bytes', message: 'x' });
  display.onProgress({ part: 'tensorflow', phase: 'build', message: 'y' });
  display.finish('tensorflow');
  display.close();
  assert.deepEqual(written, ['TensorFlow: downloading x\n', 'TensorFlow: building y\n']);
});

test('on a terminal the bar goes when the part is there, and its line stays', () => {
  let screen = '';
  const display = partsDisplay({ isTTY: true, columns: 80, write: (text) => (screen += text) });
  display.onProgress({ part: 'temporal', phase: 'build', done: 1, total: 2, unit: 'packages' });
  display.finish('temporal', 'Temporal server: ready in 0:07');
  display.close();
  assert.match(screen, /Temporal server: ready in 0:07\n/);
  assert.doesNotMatch(screen.slice(screen.indexOf('ready')), /building/);
});
