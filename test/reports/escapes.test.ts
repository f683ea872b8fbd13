/**
 * Whatever a spec, a folder's name or a message holds is text in every file of a report: never markup, a link or a
 * mention, and never unseen.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SweepSpec } from '../../core/spec.ts';
import { escapeHtml } from '../../reports/html.ts';
import { readRun } from '../../reports/input.ts';
import { escapeMarkdown } from '../../reports/markdown.ts';
import { oneLine } from '../../reports/visible.ts';
import { builtReport, exampleSpec, memoryStore, writeExampleRun } from '../support/example-run.ts';

/**
 * Overrides and isolates of direction, what has no width, fillers, escapes of terminals, a bell, a separator of lines.
 */
const unseen = '\u202e\u2066\u200b\u200d\ufeff\u00ad\u034f\u3164\u{e0041}';
const controls = '\u001b[31m\u0007\u0085\u2028\u0000';

test('in Markdown text is no list, rule, link, mention, formula, footnote, template or emoji', () => {
  const escaped: Record<string, string> = {
    '- item': '\\- item',
    '+ item': '\\+ item',
    '---': '\\---',
    '===': '\\===',
    '1. item': '1\\. item',
    '2) item': '2\\) item',
    '# title': '\\# title',
    ':::note': '\\:::note',
    'https://evil.example/x': 'https\\://evil.example/x',
    'www.evil.example': 'www\\.evil.example',
    'mailto:a@b.example': 'mailto\\:a@<!-- -->b.example',
    '@everyone': '@<!-- -->everyone',
    '(@x)': '(@<!-- -->x)',
    $x$: '\\$x\\$',
    '[^1]': '\\[^1\\]',
    '{{ x }}{% y %}': '{<!-- -->{ x }}{<!-- -->% y %}',
    ':smile:': '\\:smile:',
    // What needs no mark has none.
    '-0.5': '-0.5',
    '10:30:00': '10:30:00',
    '{"norm":1}': '{"norm":1}',
    'train-cpu@example': 'train-cpu@example',
    'sha256:ab': 'sha256:ab',
    '0.95 (x)': '0.95 (x)',
  };
  for (const [text, expected] of Object.entries(escaped)) assert.equal(escapeMarkdown(text), expected);
});

test('what cannot be seen is shown, and what emoji need is left', () => {
  for (const escape of [oneLine, escapeHtml, escapeMarkdown]) {
    const text = escape(`a${unseen}b${controls}c`);
    assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u034f\u3164]/u);
    assert.match(text, /⟨U\+202E⟩⟨U\+2066⟩⟨U\+200B⟩/);
  }
  assert.equal(oneLine('❤\ufe0f'), '❤\ufe0f');
});

test('every file that people read of a hostile sweep is free of it', async () => {
  const hostile = `- @all $x$ https://evil.example <img src=x>${unseen}${controls}`;
  const spec: SweepSpec = {
    ...exampleSpec,
    name: 'hostile',
    description: hostile.replace(/[\n\t]/g, ' '), // a sweep's is one line
    repeats: 1,
    space: {
      'task.mark': { choice: [hostile, 'b'] },
      'task.other': { choice: ['c', hostile] },
      'training.learningRate': { choice: [0.1, 0.2] },
    },
    report: { figures: ['accuracy-curves', 'heatmap', 'metric-by-dimension', 'parallel-coordinates', 'timeline'] },
  };
  const store = memoryStore();
  const sweepId = await writeExampleRun(store, { spec, diverged: 1, failed: 2 });
  const input = { ...(await readRun(store, sweepId)), sweepId: `x\`\`\`\u001b[2J\u202e\n# y` };
  const files = await builtReport(input);
  for (const [path, content] of files) {
    if (!/\.(html|md|svg)$/.test(path)) continue;
    const text = String(content).replace(/<script>[^]*?<\/script>/g, ''); // our own
    assert.doesNotMatch(text, /(?!\n)[\p{Cc}\u202e\u2066\u200b\u200d\ufeff\u00ad\u034f\u3164\u2028]/u, path);
    assert.doesNotMatch(text, /(?<!\\)<img/, path);
  }
  const markdown = String(files.get('report.md'));
  assert.match(markdown, /\n\n\\- @<!-- -->all \\\$x\\\$ https\\:\/\/evil\.example \\<img src=x\\>⟨U\+202E⟩/);
  assert.match(markdown, /\n````\nsweep report x```.*# y --verify\n````\n/);
});
