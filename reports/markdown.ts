/** report.md: the tables and figures for a repository or a notebook; pictures are links to figures/. */
import { isTable, type Drawing } from './figures/index.ts';
import type { Report } from './types.ts';
import type { ProvenanceFile } from './provenance.ts';
import { endingText, factsOf, TABLE_LIMIT, verifyText } from './prose.ts';
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
 * Text that comes from a spec or a message must not become markup: whatever could start some is escaped, and nothing
 * goes unseen.
 */
export function escapeMarkdown(text: string): string {
  return escapeMarks(oneLine(text).replace(/\s+/g, ' ').trim());
}

/** Characters of markup, of mathematics and templates; bare addresses; and what starts a list, a rule or a heading. */
const escapeMarks = (text: string) =>
  text
    .replace(/[\\`*_[\]<>#!|~&$]/g, '\\$&')
    .replace(/\b([a-z][a-z0-9+.-]*)(?=:\/\/|:[^\s:]*@)/gi, (scheme) => `${scheme}\\`)
    .replace(/\bwww(?=\.)/gi, 'www\\')
    .replace(/:(?=[a-z][a-z0-9_+-]*:)/gi, '\\:')
    .replace(/(?<!\w)@(?=\w)|@(?=[\w-]+\.)|\{(?=[{%])/g, `$&${NOTHING}`)
    .replace(/^(?=[-+=:](?:[-+=:\s]|$))/, '\\')
    .replace(/^(\d{1,9})(?=[.)](?:\s|$))/, '$1\\');

/** A comment: some look for names after an @, and for their own brackets, whether these are escaped or not. */
const NOTHING = '<!-- -->';

/** Spaces that Markdown would drop stay. */
const spaced = (text: string) => text.replace(/^ | $| (?= )/g, '&nbsp;');

function writtenText({ prompt = '', text }: Written): string {
  const [before, after] = [prompt, text].map((part) => spaced(escapeMarks(visible(part))));
  return before === '' ? `${after}` : `${before} → ${after}`;
}

function cellText({ text, written = [], note, warning }: TableCell): string {
  const small = [note, warning].filter((part) => part !== undefined).join('; ');
  const texts = [...(text === '' ? [] : [escapeMarkdown(text)]), ...written.map(writtenText)].join('<br>');
  return texts + (small === '' ? '' : ` (${escapeMarkdown(small)})`);
}

function table({ head, rows }: Table): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const shown = rows.slice(0, TABLE_LIMIT.markdown).map((row) => line(row.map(cellText)));
  return [line(head.map(escapeMarkdown)), line(head.map(() => '---')), ...shown].join('\n');
}

const more = ({ rows }: Table, file: string) =>
  rows.length > TABLE_LIMIT.markdown
    ? `\n\n${TABLE_LIMIT.markdown} of ${rows.length}; all are in [${file}](${file}).`
    : '';

function figureParts({ name, figure, rows }: Drawing, report: Report): string[] {
  const shown = isTable(figure) ? table(figure.table(rows, report)) : `![${figure.title}](figures/${name}.png)`;
  const all = isTable(figure) ? ` All of it: [${name}.csv](figures/${name}.csv).` : '';
  return [`## ${figure.title}`, shown, `${escapeMarkdown(figure.caption(report, rows))}${all}`];
}

/** Between fences that are longer than any in it. */
function codeBlock(text: string): string {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [fence, oneLine(text), fence].join('\n');
}

export function markdownOf(report: Report, drawings: Drawing[], provenance: ProvenanceFile): string {
  const { spec, sweepId } = report.input;
  const [answer, summary, trials, problems] = [
    answerTable(report),
    summaryTable(report),
    trialsTable(report),
    problemsTable(report),
  ];
  const [ending, sentence] = [endingText(report.input), headline(report)];
  const parts = [
    `# ${escapeMarkdown(spec.name)}`,
    escapeMarkdown(spec.description),
    `${countsText(report)}.${sentence === undefined ? '' : ` ${escapeMarkdown(sentence)}`}`,
    ending === undefined ? '' : `${escapeMarkdown(ending)}.`,
    `## ${escapeMarkdown(answer.title)}`,
    table(answer),
    ...drawings.flatMap((drawing) => figureParts(drawing, report)),
    '## Configurations',
    table(summary) + more(summary, 'summary.csv'),
    ...(problems.rows.length > 0
      ? ['## Diverged and failed trials', table(problems) + more(problems, 'results.csv')]
      : []),
    '## Trials',
    table(trials) + more(trials, 'results.csv'),
    '## How it was made',
    factsOf(provenance)
      .map(([name, value]) => `- ${name}: ${escapeMarkdown(value)}`)
      .join('\n'),
    '## Verify',
    verifyText,
    codeBlock(`sweep report ${sweepId} --verify`),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
