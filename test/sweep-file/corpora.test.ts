/**
 * The texts that a sweep file names: what is read, under which hash, and what is refused before anything is trained.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { countTrials, trialAt } from '../../core/plan.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { packaged } from '../../sweep-file/corpora.ts';
import { loadSweep, parseSweep, type Sweep } from '../../sweep-file/index.ts';
import { readCorpus, writeCorpus } from '../../store/runs.ts';
import { memoryStore } from '../support/example-run.ts';

/** Texts in the encodings that other programs write, with a mark of the order of bytes and without one. */
const wide: [file: string, text: string, encoding: string][] = [
  ...['UTF-16LE', 'UTF-16BE', 'UTF-32LE', 'UTF-32BE'].flatMap((encoding): [string, string, string][] => [
    [`${encoding}.txt`, 'the quick brown fox\n'.repeat(40), encoding],
    [`marked-${encoding}.txt`, `\uFEFF${'the quick brown fox\n'.repeat(40)}`, encoding],
    [`russian-${encoding}.txt`, 'быстрая бурая лиса\n'.repeat(40), encoding],
  ]),
];

function encode(text: string, encoding: string): Buffer {
  const utf16 = Buffer.from(text, 'utf16le');
  if (encoding === 'UTF-16LE') return utf16;
  if (encoding === 'UTF-16BE') return utf16.swap16();
  const utf32 = Buffer.alloc(4 * [...text].length);
  [...text].forEach((c, i) => utf32.writeUInt32LE(c.codePointAt(0) ?? 0, 4 * i));
  return encoding === 'UTF-32LE' ? utf32 : utf32.swap32();
}

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-corpora-'));
  await mkdir(join(folder, 'books'));
  const files: Record<string, string | Buffer> = {
    'books/mine.txt': `\uFEFF${'One line,\r\nanother\rand a third.\n'.repeat(20)}`,
    'books/same.txt': 'One line,\nanother\nand a third.\n'.repeat(20),
    'empty.txt': '',
    'blank.txt': ' \n\n',
    'one.txt': 'a',
    'monotone.txt': 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'latin1.txt': Buffer.from([0x61, 0xe9, 0x62]),
    'short.txt': 'abc abc',
    'nuls.txt': `abc\0${'def '.repeat(200)}`,
    ...Object.fromEntries(wide.map(([name, text, encoding]) => [name, encode(text, encoding)])),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});
after(() => rm(folder, { recursive: true }));

const base: JsonObject = {
  name: 'x',
  task: { name: 'text', length: 10 },
  model: { cell: 'lstm', hiddenUnits: 4 },
  training: { batchSize: 4 },
  space: { 'model.layers': [1, 2] },
  objective: { metric: 'loss' },
};
const parse = (changes: JsonObject = {}) =>
  parseSweep(JSON.stringify({ ...base, ...changes }), { origin: join(folder, 'x.json') }) as Sweep & {
    spec: NetworkSweep;
  };
const textTask = (options: JsonObject): JsonObject => ({ task: { name: 'text', length: 10, ...options } });

function refusal(changes: JsonObject): string[] {
  try {
    parse(changes);
  } catch (error) {
    assert.ok(error instanceof UserError && error.exitCode === 2, String(error));
    return error.message.split('\n').map((line) => line.replaceAll(`${folder}/`, ''));
  }
  return assert.fail('was accepted');
}

describe('packaged texts', () => {
  test('the elements are 118 names of 24 letters: with the newline 25 characters, as in seed 000', () => {
    const text = packaged['chemical-elements']!();
    assert.equal(new Set(text.trim().split('\n')).size, 118);
    assert.equal(new Set(text.toLowerCase()).size, 25);
  });
  test('Moby Dick is the whole book', () => {
    const text = packaged['moby-dick']!();
    assert.ok(text.includes('Call me Ishmael.') && text.length > 1_200_000);
    assert.equal(new Set(text).size, 89);
  });
  test('film titles are one a line, each once, in ASCII', () => {
    const titles = packaged['movie-titles']!().split('\n');
    assert.ok(titles.length > 3000 && titles.includes('Jaws') && titles.includes('300'));
    assert.equal(new Set(titles).size, titles.length);
    for (const title of titles) assert.match(title, /^[ -~]+$/);
  });
});

describe('a text in a sweep file', () => {
  test('is read from beside the file, has line ends as on Unix, and is known to trials by its hash alone', async () => {
    const { spec, corpora } = parse(textTask({ corpus: 'books/mine.txt' }));
    const [[reference, text] = []] = corpora;
    assert.equal(text, 'One line,\nanother\nand a third.\n'.repeat(20));
    assert.equal(reference, `sha256:${createHash('sha256').update(text!).digest('hex')}`);
    assert.equal(spec.task['corpus'], 'books/mine.txt');
    assert.deepEqual(spec.corpora, { 'books/mine.txt': reference });
    assert.equal(trialAt(spec, 0).trial.task['corpus'], reference);

    const other = parse(textTask({ corpus: 'books/same.txt' }));
    assert.equal(
      trialAt(other.spec, 0).trialId,
      trialAt(spec, 0).trialId,
      'the same text under another name gives the same trials',
    );

    const store = memoryStore();
    await writeCorpus(store, 'x', reference!, text!);
    assert.equal(await readCorpus(store, 'x', reference!), text);
  });

  test("is the task's own where none is named", () => {
    assert.deepEqual(Object.keys(parse().spec.corpora!), ['moby-dick']);
    assert.deepEqual(Object.keys(parse({ task: { name: 'names' } }).spec.corpora!), ['chemical-elements']);
    assert.equal(parse({ task: { name: 'palindrome' } }).spec.corpora, undefined);
  });

  test('can be a dimension: people see names, trials have hashes', () => {
    const { spec, corpora } = parse({ space: { 'task.corpus': ['moby-dick', 'books/mine.txt'] }, repeats: 1 });
    assert.equal(countTrials(spec), 2);
    assert.equal(corpora.size, 2);
    assert.deepEqual(
      [0, 1].map((i) => trialAt(spec, i).label),
      ['moby-dick seed 1', 'books/mine.txt seed 1'],
    );
    assert.deepEqual(
      [0, 1].map((i) => trialAt(spec, i).trial.task['corpus']),
      [...corpora.keys()],
    );
  });

  test('can depend on another dimension', () => {
    const { spec, corpora } = parse({
      task: { name: 'palindrome' },
      space: {
        'task.name': ['palindrome', 'text'],
        'task.corpus': { choice: ['books/mine.txt'], when: { 'task.name': 'text' } },
      },
      repeats: 1,
    });
    const [palindrome, text] = [0, 1].map((i) => trialAt(spec, i).trial.task);
    assert.equal(palindrome!.name, 'palindrome');
    assert.ok(corpora.get(String(text!['corpus']))!.startsWith('One line'));
  });

  test("is part of the sweep's and the trials' identity by its content", async () => {
    const idOf = () => trialAt(parse(textTask({ corpus: 'changing.txt' })).spec, 0).trialId;
    await writeFile(join(folder, 'changing.txt'), 'abcdefghij'.repeat(30));
    const before = idOf();
    await writeFile(join(folder, 'changing.txt'), 'abcdefghik'.repeat(30));
    assert.notEqual(idOf(), before);
  });

  test('is found from the sweep file that ships', async () => {
    for (const name of ['element-names', 'movie-titles', 'text-temperature']) {
      for (const variant of ['', '-full']) {
        const { spec, corpora } = await loadSweep(`sweeps/${name}${variant}.json`);
        assert.equal(spec.name, name + variant);
        assert.ok(spec.sampling);
        assert.deepEqual(Object.values(spec.corpora!), [...corpora.keys()]);
      }
    }
  });
});

describe('refused before training, in a line that names its place', () => {
  const allowed = "allowed: chemical-elements, moby-dick, movie-titles, or a text file's path from the sweep file";
  const ofTask: [what: string, corpus: string, said: string][] = [
    ['a missing file', 'books/min.txt', `no such file: books/min.txt (did you mean "mine.txt"?); ${allowed}`],
    ['a packaged name with a slip', 'mobydick', `no such file: mobydick (did you mean "moby-dick"?); ${allowed}`],
    ['a folder', 'books', `is a folder; ${allowed}`],
    ['a device that never ends', '/dev/zero', `is no file; ${allowed}`],
    ['bytes that are no UTF-8', 'latin1.txt', `is not UTF-8 text; ${allowed}`],
    ...wide.map(([file, , encoding]): [string, string, string] => [
      `a book in ${file}`,
      file,
      `is ${encoding}, not UTF-8; convert it: iconv -f ${encoding} -t UTF-8 ${file} > ${file.replace('.txt', '-utf8.txt')}; ${allowed}`,
    ]),
    ['a book with a NUL', 'nuls.txt', `has NUL characters, so that it is no text; ${allowed}`],
    ['an empty book', 'empty.txt', `is empty; ${allowed}`],
    ['a book of white space', 'blank.txt', `is empty; ${allowed}`],
    ['a book of one character', 'one.txt', `has no character but "a", so that there is nothing to learn; ${allowed}`],
    [
      'a book of one distinct character',
      'monotone.txt',
      `has no character but "a", so that there is nothing to learn; ${allowed}`,
    ],
  ];
  for (const [what, corpus, said] of ofTask) {
    test(what, () => {
      assert.deepEqual(refusal(textTask({ corpus })), [`x.json: task.corpus: "${corpus}": ${said}`]);
      assert.deepEqual(refusal({ space: { 'task.corpus': ['moby-dick', corpus] } }), [
        `x.json: space["task.corpus"][1]: "${corpus}": ${said}`,
      ]);
    });
  }
  test('the same text twice', () => {
    const [line] = refusal({ space: { 'task.corpus': { choice: ['books/mine.txt', 'books/same.txt'] } } });
    assert.match(
      line!,
      /^x\.json: space\["task\.corpus"\]\.choice\[1\]: "books\/same\.txt": the same text as "books\/mine\.txt"/,
    );
  });
  test('a book too short for its windows', () => {
    const [line] = refusal(textTask({ corpus: 'short.txt' }));
    assert.match(
      line!,
      /^x\.json: task\.corpus has 7 characters: too few for windows of 10, .*shorten task\.length or give a longer book/,
    );
  });
  test('a book too short for its strips', () => {
    const [line] = refusal({ ...textTask({ corpus: 'books/mine.txt', carry: true }), training: { batchSize: 64 } });
    assert.match(line!, /windows of 10 in 64 strips \(task\.carry\)/);
  });
  test('a window of truncated back-propagation that is longer than the windows of text', () => {
    const [line] = refusal({ training: { truncate: 11 } });
    assert.match(line!, /training\.truncate is 11, but the network sees only 10 time steps/);
  });
  test('a prompt with a character that the book does not have', () => {
    assert.deepEqual(
      refusal({ sampling: { prompts: ['Call me ', 'Señor'] } }).map((line) => line.slice(0, 95)),
      ['x.json: sampling.prompts[1]: the prompt "Señor" has the character "ñ" (U+00F1), which the netwo'],
    );
  });
  test('a prompt of a name with a character that no name has, but not one in upper case', () => {
    assert.ok(parse({ task: { name: 'names' }, sampling: { prompts: ['Pl'] } }));
    assert.match(
      refusal({ task: { name: 'names' }, sampling: { prompts: ['Jq'] } })[0]!,
      /sampling\.prompts\[0\]: the prompt "Jq" has the character "j"/,
    );
  });
  test('a temperature of 0 or below', () => {
    for (const temperature of [0, -1, [1, 0]]) {
      assert.match(
        refusal({ sampling: { temperature } })[0]!,
        /^x\.json: sampling\.temperature(\[1\])?: .* is not allowed; allowed: a number > 0/,
      );
    }
  });
  test('sampling of a task that writes nothing', () => {
    assert.deepEqual(refusal({ task: { name: 'palindrome' }, sampling: { temperature: 1 } }), [
      'x.json: sampling: palindrome generates no text; leave sampling out',
    ]);
  });
});
