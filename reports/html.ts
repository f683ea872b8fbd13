/**
 * report.html: one file, no network, nothing evaluated. The Content-Security-Policy allows exactly the scripts and the
 * style in this file, by their hashes; charts run in vega's interpreter; everything that comes from data is escaped.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ink, onDark, ordered, series } from './figures/theme.ts';
import { isTable, type Drawing, type Figure, type PageWidth, type Row } from './figures/index.ts';
import type { Report } from './types.ts';
import { endingText, factsOf, intervalProse, TABLE_LIMIT, verifyText } from './prose.ts';
import type { ProvenanceFile } from './provenance.ts';
import { compileFigure, svgOf } from './render.ts';
import {
  answerTable,
  countsText,
  headline,
  problemsTable,
  summaryTable,
  trialsTable,
  type TableCell,
  type Table,
  type Written,
} from './tables.ts';
import { oneLine, visible } from './visible.ts';

/**
 * Text on the page, or in an attribute: never markup, and nothing in it goes unseen or turns round what stands beside
 * it.
 */
export function escapeHtml(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** JSON that cannot end its script element, whatever its strings hold. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const page = (file: string) => readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8');

interface Script {
  text: string;
  hash: string;
}
let scripts: Script[] | undefined;

/**
 * vega's own browser build, and its interpreter, which is published only as a module: its import and export become
 * globals.
 */
function readScripts(): Script[] {
  const resolve = createRequire(import.meta.url).resolve;
  const build = dirname(resolve('vega'));
  const interpreter = readFileSync(resolve('vega-interpreter'), 'utf8');
  const [, names, body, local] =
    /^import \{([^}]*)\} from 'vega-util';([^]*?)export \{ (\w+) as expressionInterpreter \};/.exec(interpreter) ?? [];
  if (names === undefined || body === undefined || local === undefined)
    throw new Error('vega-interpreter has changed its shape; reports/html.ts must follow');
  const inline = (text: string) => text.replace(/^\/\/# sourceMappingURL=.*$/m, '').replace(/<\/(?=script)/gi, '<\\/');
  const texts = [
    inline(readFileSync(join(build, 'vega.min.js'), 'utf8')),
    `(() => {\nconst {${names}} = vega;${inline(body)}vega.expressionInterpreter = ${local};\n})();\n`,
    page('page.js'),
  ];
  return texts.map((text) => ({ text, hash: hashOf(text) }));
}

/**
 * On a dark page every colour of the figures has a brighter one in its place; attributes of SVG give way to a style
 * sheet.
 */
function darkColours(): string {
  const neutral = (Object.keys(ink) as (keyof typeof ink)[]).map((name) => ({ light: ink[name], dark: onDark[name] }));
  const pairs = [...series, ...ordered, ...neutral, { light: 'white', dark: 'var(--page)' }];
  const rules = pairs.flatMap(({ light, dark }) =>
    ['fill', 'stroke'].map((name) => `.chart [${name}="${light}"]{${name}:${dark}}`),
  );
  return `@media (prefers-color-scheme: dark) {\n${[...new Set(rules)].join('\n')}\n}\n`;
}

/** In a direction of its own: what one text turns round ends with it. */
function writtenHtml({ prompt, text }: Written): string {
  const before = prompt === undefined ? '' : `<b>${escapeHtml(visible(prompt))} → </b>`;
  return `<p dir="auto">${before}${escapeHtml(visible(text)) || '<i>nothing</i>'}</p>`;
}

type Tag = 'td' | 'th scope="row"' | 'th scope="col"';

/** `column` is its name, for tables whose rows become cards on a phone. */
function cellHtml(
  { text, written, note, warning, sort, bad }: TableCell,
  tag: Tag,
  classes: string[],
  column?: string,
): string {
  const names = [...classes, ...(bad ? ['bad'] : []), ...(written ? ['written'] : text.length > 48 ? ['wrap'] : [])];
  const attributes = [
    ...(names.length === 0 ? [] : [` class="${names.join(' ')}"`]),
    ...(sort === undefined ? [] : [` data-sort="${sort}"`]),
    ...(column === undefined ? [] : [` data-column="${escapeHtml(column)}"`]),
  ].join('');
  const noteHtml = note === undefined ? '' : `<small>${escapeHtml(note)}</small>`;
  const warningHtml = warning === undefined ? '' : `<small class="bad">${escapeHtml(warning)}</small>`;
  const writtenTexts = written === undefined ? '' : written.map(writtenHtml).join('');
  return `<${tag}${attributes}>${escapeHtml(text)}${writtenTexts}${noteHtml}${warningHtml}</${tag.slice(0, 2)}>`;
}

/** A column with something to sort by is one of numbers. */
function tableHtml({ head, rows }: Table, label: string, kind: 'answer' | 'sortable' | 'plain'): string {
  const shown = rows.slice(0, TABLE_LIMIT.html);
  const classes = head.map((name, i) => [
    ...(shown.some((row) => row[i]?.sort !== undefined) ? ['number'] : []),
    ...(name === 'trial' ? ['id'] : []),
  ]);
  const heads = head.map((text, i) => cellHtml({ text }, 'th scope="col"', classes[i] ?? [])).join('');
  const cards = shown.some((row) => row.some(({ written }) => written !== undefined));
  const body = shown.map((row) => {
    const cells = row.map((cell, i) =>
      cellHtml(
        cell,
        kind === 'answer' && i === 0 ? 'th scope="row"' : 'td',
        classes[i] ?? [],
        cards ? head[i] : undefined,
      ),
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  const name = cards ? `${kind} cards` : kind;
  const table = `<table class="${name}"><thead><tr>${heads}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
  const size = shown.length > 20 ? ' long' : '';
  return `<div class="scroll${size}" tabindex="0" role="region" aria-label="${escapeHtml(label)}">${table}</div>`;
}

const link = (path: string, text: string) => `<a href="${path}">${text}</a>`;
const cut = ({ rows }: Table, file: string) =>
  rows.length > TABLE_LIMIT.html
    ? `<p class="small">${TABLE_LIMIT.html} of ${rows.length}; all are in ${link(file, file)}.</p>`
    : '';

interface Section {
  html: string;
  /** For the page's script to draw. */
  live?: object;
}

async function sectionOf({ name, figure, rows }: Drawing, report: Report): Promise<Section> {
  const caption = escapeHtml(figure.caption(report, rows));
  const { shown, files, live } = isTable(figure)
    ? {
        shown: tableHtml(figure.table(rows, report), figure.title, 'plain'),
        files: link(`figures/${name}.csv`, 'CSV'),
        live: undefined,
      }
    : await chartHtml(name, figure, rows, report);
  const html = `<section>
<h2>${escapeHtml(figure.title)}</h2>
<figure>
${shown}
<figcaption>${caption} ${files}</figcaption>
</figure>
</section>`;
  return { html, ...(live && { live }) };
}

async function chartHtml(name: string, figure: Figure, rows: Row[], report: Report) {
  const description = oneLine(`${figure.title}. ${figure.caption(report, rows)}`);
  const compiled = (width: PageWidth) => ({
    ...compileFigure(figure.spec(rows, report, width)),
    background: 'transparent',
    description,
  });
  const [wide, narrow] = [compiled('wide'), compiled('narrow')];
  const still = `<div class="still wide">${await svgOf(wide, rows)}</div><div class="still narrow">${await svgOf(narrow, rows)}</div>`;
  const files = ['svg', 'png', 'vl.json']
    .map((type) => link(`figures/${name}.${type}`, type === 'vl.json' ? 'Vega-Lite' : type.toUpperCase()))
    .join(' · ');
  return {
    shown: `<div class="chart" data-figure="${name}"><div class="live"></div>${still}</div>`,
    files,
    live: { rows, wide, narrow },
  };
}

export async function htmlOf(report: Report, drawings: Drawing[], provenance: ProvenanceFile): Promise<string> {
  const { spec, sweepId } = report.input;
  const [answer, summary, trials, problems] = [
    answerTable(report),
    summaryTable(report),
    trialsTable(report),
    problemsTable(report),
  ];
  const [ending, sentence] = [endingText(report.input), headline(report)];
  const style = page('style.css') + darkColours();
  const code = (scripts ??= readScripts());
  const drawn = [];
  for (const drawing of drawings) drawn.push({ name: drawing.name, ...(await sectionOf(drawing, report)) });
  const live = drawn.flatMap((section) => (section.live === undefined ? [] : [[section.name, section.live]]));
  const sources = `script-src ${code.map(({ hash }) => hash).join(' ')}; style-src ${hashOf(style)}; img-src data:; connect-src 'none'`;
  const policy = `default-src 'none'; ${sources}; base-uri 'none'; form-action 'none'`;
  const dataFiles = ['results.csv', 'summary.csv', 'curves.csv', 'timings.csv', 'provenance.json'];
  const problemsHtml =
    problems.rows.length === 0
      ? ''
      : `<section>
<h2>Diverged and failed trials</h2>
${tableHtml(problems, 'Diverged and failed trials', 'plain')}${cut(problems, 'results.csv')}
</section>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(spec.name)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(spec.name)}</h1>
<p class="question">${escapeHtml(spec.description)}</p>
<p class="facts">${escapeHtml(`${countsText(report)} · ${provenance.backends.join(', ')}`)}</p>
${ending === undefined ? '' : `<p class="facts">${escapeHtml(ending)}</p>`}
${sentence === undefined ? '' : `<p class="headline">${escapeHtml(sentence)}</p>`}
</header>
<main>
<section>
<h2>${escapeHtml(answer.title)}</h2>
${tableHtml(answer, answer.title, 'answer')}
<p class="small">${escapeHtml(intervalProse)}</p>
</section>
${drawn.map(({ html }) => html).join('\n')}
${problemsHtml}
<section>
<h2>Configurations</h2>
${tableHtml(summary, 'Configurations', 'sortable')}${cut(summary, 'summary.csv')}
</section>
<section>
<h2>Trials</h2>
${tableHtml(trials, 'Trials', 'sortable')}${cut(trials, 'results.csv')}
<p class="small files">Data: ${dataFiles.map((file) => link(file, file)).join(' · ')}</p>
</section>
<section>
<h2>How it was made</h2>
<dl>
${factsOf(provenance)
  .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
  .join('\n')}
</dl>
</section>
<section>
<h2>Verify</h2>
<p>${escapeHtml(verifyText)}</p>
<pre>sweep report ${escapeHtml(sweepId)} --verify</pre>
</section>
</main>
<script type="application/json" id="figures">${scriptJson(Object.fromEntries(live))}</script>
${code.map(({ text }) => `<script>${text}</script>`).join('\n')}
</body>
</html>
`;
}
