/**
 * Whatever a sweep file or an override says: it is a sweep, or it is refused by the place of what is wrong, and nothing
 * is written.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { UserError } from '../../core/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../../core/json.ts';
import { concurrencyProblem } from '../../core/control.ts';
import { extensionProblem } from '../../core/extend.ts';
import { formProblem } from '../../core/form/check.ts';
import { countTrials, trialAt } from '../../core/plan.ts';
import { schedulerOf, settingOf } from '../../core/schedulers/index.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { parseSpec } from '../../sweep-file/index.ts';
import { showArgument } from '../../sweep-file/problem.ts';
import { sweepFile } from '../../sweep-file/schema.ts';

/** Where the files that are parsed would lie: what a task may read from, and nobody writes to. */
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-bad-input-'));
  await writeFile(join(folder, 'book.txt'), 'Call me Ishmael. '.repeat(20));
});
after(() => rm(folder, { recursive: true }));

const palindromes: JsonObject = {
  name: 'palindromes',
  description: 'How far back?',
  task: { name: 'palindrome', length: 10, encoding: 'one-hot' },
  model: { cell: 'lstm', hiddenUnits: 8, layers: 1 },
  training: {
    optimizer: 'rmsprop',
    learningRate: 0.001,
    batchSize: 8,
    maxSteps: 100,
    evaluateEvery: 10,
    clip: { norm: 10 },
    stopWhen: { metric: 'accuracy', atLeast: 0.99, evaluations: 3 },
    decay: { factor: 0.5, every: 10 },
  },
  space: {
    'model.cell': ['rnn', 'lstm'],
    'task.length': { from: 5, to: 15, step: 5 },
    'model.hiddenUnits': { int: [4, 6] },
  },
  repeats: 2,
  seed: 1,
  search: { name: 'grid' },
  scheduler: { name: 'asha', eta: 3 },
  objective: { metric: 'accuracy', goal: 'maximize' },
  budget: { maxConcurrent: 2, wallClock: '2h' },
  resources: { accelerator: 'cpu' },
  report: { figures: ['loss-curves'] },
};
const drawn: JsonObject = {
  name: 'drawn',
  task: { name: 'palindrome' },
  model: {},
  space: {
    'model.cell': ['rnn', 'gru'],
    'training.optimizer': ['sgd', 'momentum'],
    'training.learningRate': { logUniform: [0.001, 0.1] },
    'training.momentum': { choice: [0.5, 0.9], when: { 'training.optimizer': 'momentum' } },
    'training.clip.norm': { uniform: [1, 10] },
  },
  search: { name: 'tpe', trials: 9 },
  scheduler: { name: 'median', every: 1000 },
};
const book: JsonObject = {
  name: 'book',
  task: { name: 'text', corpus: 'book.txt', length: 5 },
  model: { cell: 'rnn', hiddenUnits: 8 },
  sampling: { temperature: [0.5, 1], length: 30, prompts: ['Call'], greedy: true, samples: 2 },
  objective: { metric: 'loss' },
  space: { 'model.layers': [1, 2] },
};

/** Words that mean something to a sweep, to JavaScript, to a file system or to a terminal. */
const words = [
  'name',
  'rnn',
  'lstm',
  'sgd',
  'adam',
  'grid',
  'random',
  'tpe',
  'full',
  'asha',
  'hyperband',
  'palindrome',
  'text',
  'accuracy',
  'loss',
  'none',
  'minimize',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'length',
  '0',
  '-1',
  '',
  ' ',
  'null',
  'NaN',
  '../../etc/passwd',
  '/etc/passwd',
  '/dev/zero',
  '..',
  '.',
  'book.txt',
  'book.txt/x',
  'a\u0000b',
  '\u001b[2J',
  '\u202eevil',
  '\ud800',
  '𝕏',
  'é',
  'e\u0301',
  'ﬁ',
  '\ufeff',
  'task.length',
  'training.maxSteps',
  'space',
  'model.cell',
  '$(reboot)',
  '`x`',
  '%s',
  '{{x}}',
  '"',
  '\\',
  "'",
  '\n',
  'x'.repeat(5000),
];
const numbers = [
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  1e-320,
  5e-324,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e15,
  0.1 + 0.2,
  1_000_000,
  1_000_001,
];
const nested = (depth: number): Json => (depth === 0 ? 1 : depth % 2 ? [nested(depth - 1)] : { a: nested(depth - 1) });
const values: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    [],
    {},
    [[]],
    [null],
    nested(8),
    nested(31),
    nested(60),
    ...numbers,
    ...words,
  ),
  fc.constantFrom<Json>(
    ['rnn', 'lstm'],
    [1, 2],
    [5, 10],
    [0.1, 0.2],
    10,
    20,
    0.5,
    'one-hot',
    'maximize',
    { choice: [1, 2] },
    { from: 2, to: 4, step: 1 },
    { int: [2, 5] },
    { choice: [1, 2], when: { 'model.cell': 'rnn' } },
    { name: 'random', trials: 5 },
    { name: 'full' },
    { name: 'hyperband', eta: 2 },
    { name: 'tpe', trials: 20 },
  ),
  fc.constantFrom<Json>(
    { choice: [] },
    { choice: [1, 1] },
    { int: [0, 2 ** 53 - 1] },
    { uniform: [0, 1] },
    { logUniform: [1e-300, 1e300] },
    { from: 1, to: 2, step: 1e-300 },
    { from: 1, to: 1e300, step: 1 },
    { choice: [1], when: { 'task.length': { a: 1 } } },
    { name: 'tpe', trials: 1e9 },
    { norm: 1, value: 1 },
  ),
  fc.array(fc.constantFrom<Json>(...numbers, ...words), { maxLength: 4 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
);
const sections = Object.keys(sweepFile.shape);
const keys = fc.oneof(
  fc.constantFrom(
    ...sections,
    ...Object.keys(palindromes['training'] as JsonObject),
    'momentum',
    'corpus',
    'when',
    ...words,
  ),
  fc.string(),
);

/**
 * A failure is to be repeatable; another run looks elsewhere: `SEED=2 node --import tsx --test
 * test/sweep-file/bad-input.test.ts`.
 */
const SEED = Number(process.env['SEED'] ?? 1);

/** An edit somewhere in a value: `way` is how to get there, by the number of the child. */
type Edit = { way: number[]; action: 'replace' | 'remove' | 'add' | 'rename' | 'repeat'; key: string; value: Json };
const edits: fc.Arbitrary<Edit> = fc.record({
  way: fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }),
  action: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'remove', 'add', 'rename', 'repeat'),
  key: keys,
  value: values,
});

function edited(target: Json, edit: Edit, [step, ...way] = edit.way): Json {
  if (step === undefined || target === null || typeof target !== 'object') return edit.value;
  const list = Array.isArray(target);
  const entries = Object.entries(target);
  const i = step % (entries.length + 1);
  const found = entries[i];
  if (found === undefined || way.length === 0) {
    if (edit.action === 'add' || found === undefined) entries.push([edit.key, edit.value]);
    else if (edit.action === 'remove') entries.splice(i, 1);
    else if (edit.action === 'rename') entries[i] = [edit.key, found[1]];
    else if (edit.action === 'repeat') entries.push([`${found[0]}x`, found[1]]);
    else entries[i] = [found[0], edit.value];
  } else entries[i] = [found[0], edited(found[1], edit, way)];
  return list ? entries.map(([, value]) => value) : Object.fromEntries(entries); // keeps an own __proto__
}

/** Damage to a text: some of it gone, doubled, or replaced. */
const bits = [
  '',
  '',
  ',',
  '{',
  ']',
  '"',
  '\\u12',
  '/*',
  'NaN',
  '1e999',
  '0x1',
  "'",
  '\u0000',
  '"a":1,"a":2,',
  '__proto__',
];
const damage = fc.record({ at: fc.nat(2000), length: fc.nat(30), by: fc.constantFrom(...bits) });
const damages = fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: damage });
const good = fc.constantFrom(
  'training.maxSteps=50',
  'repeats=1',
  'search.trials=4',
  'training.learningRate=0.01',
  'space.model.layers=[1,2]',
  'scheduler={"name":"full"}',
);
const sets = fc.array(
  fc.oneof(
    good,
    fc
      .tuple(
        fc.oneof(
          fc.tuple(keys, keys).map((path) => path.join('.')),
          keys,
          fc.constantFrom('training.maxSteps', 'space.task.length', 'space.__proto__', 'search.trials', 'scheduler'),
        ),
        fc.constantFrom('=', '=', '=', '=', '==', ''),
        fc.oneof(
          values.map((value) => JSON.stringify(value)),
          fc.string(),
          fc.constantFrom(...words),
        ),
      )
      .map((parts) => parts.join('')),
  ),
  { maxLength: 2 },
);

const cases = fc.record({
  base: fc.constantFrom(palindromes, palindromes, drawn, book),
  edits: fc.array(edits, { maxLength: 2 }),
  damage: damages,
  set: fc.oneof({ weight: 2, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: sets }),
});

function textOf({
  base,
  edits: all,
  damage,
}: {
  base: Json;
  edits: Edit[];
  damage: { at: number; length: number; by: string } | null;
}): string {
  const text = JSON.stringify(all.reduce<Json>((value, edit) => edited(value, edit), base));
  if (damage === null) return text;
  const at = damage.at % (text.length + 1);
  return text.slice(0, at) + damage.by + text.slice(at + damage.length);
}

/** What a line may be about when it is about no place in the file. */
const WHOLE =
  /^(is not JSON: line \d+, column \d+: |is nested more than |is larger than |is empty; |.* is not allowed; allowed: an object with the keys )/su;
/** And an override as a whole. */
const OVERRIDE =
  /^(is not an override; |__proto__, constructor, prototype are not allowed as keys$|.* has a character that cannot be printed)/su;
/** What values are only together is said by those whose business it is, in words that begin with the place. */
const TOGETHER = /^(task|model|training|sampling)(\.[a-zA-Z]+)+ (is|has) /;
/**
 * A place: a key of the file, then keys and indexes; one that is no plain word stands in brackets, and is cut where it
 * is long.
 */
const PLACE = /^([\w$-]+|\["(\\.|[^"\\])*("\]|…\]))(\.[\w$-]+|\[\d+\]|\["(\\.|[^"\\])*("\]|…\]))*: \S/su;

/** Accepted, or refused as it should be. */
function tryParse(text: string, set: string[]): 'accepted' | 'refused' {
  const origin = join(folder, 'x.json');
  try {
    const spec = parseSpec(text, { origin, set });
    // What is accepted can be run: counted, handed out, and sent as JSON.
    const trials = countTrials(spec);
    assert.ok(trials >= 1 && trials <= 1_000_000);
    assert.equal(trialAt(spec, trials - 1).trialId.length, 20);
    const [scheduler, setting] = [schedulerOf(spec), settingOf(spec)];
    assert.equal(scheduler.next(scheduler.init(setting), setting)?.assignment.configuration, 0);
    assert.equal(canonicalJson(JSON.parse(JSON.stringify(spec))), canonicalJson(spec));
    assert.equal(formProblem(JSON.parse(JSON.stringify(spec))), undefined); // workflows and reports take what the command takes
    return 'accepted';
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    assert.equal(error.exitCode, 2);
    const whose = [`${origin}: `, ...set.map((one) => `--set ${showArgument(one)}: `)];
    for (const line of error.message.split('\n')) {
      const prefix = whose.find((one) => line.startsWith(one));
      assert.ok(prefix !== undefined, `whose mistake is it? ${line}`);
      const rest = line.slice(prefix.length);
      assert.ok(
        PLACE.test(rest) ||
          TOGETHER.test(rest) ||
          WHOLE.test(rest) ||
          (prefix.startsWith('--set') && OVERRIDE.test(rest)),
        `no place: ${line}`,
      );
      assert.ok(line.length < 2000, `${line.length} characters are no line`);
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u, 'nothing in it moves the cursor');
    }
    return 'refused';
  }
}

test('ten thousand files and overrides: each is a sweep or is refused by its place, and none leaves a trace', async () => {
  const tally = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(cases, ({ set, ...made }) => {
      tally[tryParse(textOf(made), set)]++;
    }),
    { numRuns: 10_000, seed: SEED },
  );
  assert.ok(
    tally.accepted > 500 && tally.refused > 5000,
    `the files are neither all good nor all bad: ${JSON.stringify(tally)}`,
  );
  assert.deepEqual(await readdir(folder), ['book.txt']);
  assert.equal(
    ({} as Record<string, unknown>)['name'],
    undefined,
    'no object has got a property that it was not given',
  );
});

/** What a person may try to change in a sweep that runs. */
const changes = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((n) => `repeats=${n}`),
  fc.constantFrom(50, 100, 200).map((n) => `training.maxSteps=${n}`),
  fc.subarray(['rnn', 'lstm', 'gru'], { minLength: 1 }).map((cells) => `space.model.cell=${JSON.stringify(cells)}`),
  fc.subarray([5, 10, 15, 20], { minLength: 1 }).map((lengths) => `space.task.length=${JSON.stringify(lengths)}`),
  fc
    .tuple(fc.integer({ min: 4, max: 5 }), fc.integer({ min: 6, max: 7 }))
    .map((bounds) => `space.model.hiddenUnits={"int":[${bounds.join(',')}]}`),
  fc.constantFrom(
    'space.model.layers=[1]',
    'space.model.layers=[1,2]',
    'seed=2',
    'training.learningRate=0.01',
    'budget={"maxTrials":7}',
    'budget={}',
    'model.layers=2',
    'training.stopWhen={"metric":"accuracy","atLeast":0.9}',
    'scheduler={"name":"full"}',
    'scheduler={"name":"asha","eta":2}',
    'description="other"',
    'search={"name":"random","trials":5}',
    'search={"name":"random","trials":6}',
    'search={"name":"tpe","trials":6}',
  ),
);
const revisions = fc.tuple(fc.array(changes, { maxLength: 2 }), fc.array(changes, { minLength: 1, maxLength: 2 }));

/** What each of a sweep's trials learns from, but for how long. */
function trialsOf(spec: SweepSpec): Set<string> {
  return new Set(
    Array.from({ length: countTrials(spec) }, (_, index) => {
      const {
        training: { maxSteps: _steps, stopWhen: _rule, ...training },
        ...trial
      } = trialAt(spec, index).trial;
      return canonicalJson({ ...trial, training });
    }),
  );
}

test('two thousand extensions of a sweep: each has all that the sweep had, or is refused by what it lacks', () => {
  const origin = join(folder, 'x.json');
  const text = JSON.stringify(palindromes);
  const tally = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(revisions, ([before, more]) => {
      const [old, now] = [before, [...before, ...more]].map((set) => {
        try {
          return parseSpec(text, { origin, set });
        } catch (error) {
          if (error instanceof UserError) return fc.pre(false); // no sweep
          throw error;
        }
      }) as [SweepSpec, SweepSpec];
      const problem = refusalOf(old, now);
      tally[problem === undefined ? 'accepted' : 'refused']++;
      if (problem === undefined) {
        const has = trialsOf(now);
        for (const trial of trialsOf(old))
          assert.ok(has.has(trial), `${more.join(' ')} on top of ${before.join(' ')} loses ${trial}`);
      } else {
        assert.doesNotMatch(problem, /\n/);
        assert.match(
          problem,
          /^(nothing is new; |(name|seed|repeats|space|task|model|training|search|scheduler|objective|budget)\b)/,
        );
        assert.match(problem, /allowed: |only adds/);
      }
    }),
    { numRuns: 2000, seed: SEED },
  );
  assert.ok(tally.accepted > 50 && tally.refused > 50, JSON.stringify(tally));
});

/** What a sweep's workflow says to a spec that it is sent, by whomever. */
const refusalOf = (old: SweepSpec, sent: unknown) => formProblem(sent) ?? extensionProblem(old, sent as SweepSpec);

test('ten thousand specs as they could be sent to a running sweep: each extends it, or is refused by its place', () => {
  const olds = [palindromes, drawn, book].map((one) =>
    parseSpec(JSON.stringify(one), { origin: join(folder, 'x.json') }),
  );
  const tally = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...olds), fc.array(edits, { minLength: 1, maxLength: 2 }), (old, all) => {
      const sent = all.reduce<Json>((value, edit) => edited(value, edit), JSON.parse(JSON.stringify(old)) as Json);
      const problem = refusalOf(old, sent);
      tally[problem === undefined ? 'accepted' : 'refused']++;
      if (problem !== undefined) {
        assert.match(problem, /^(the sweep|nothing is new|[\w.$-]+|space|.*"(\\.|[^"\\])*" is unknown)/su);
        assert.match(problem, /allowed: |only adds|is too (small|wide|many)/);
        assert.ok(problem.length < 2000, `${problem.length} characters are no line`);
      } else if (countTrials(sent as unknown as SweepSpec) < 1000) {
        const has = trialsOf(sent as unknown as SweepSpec);
        for (const trial of trialsOf(old)) assert.ok(has.has(trial), trial);
      }
    }),
    { numRuns: 10_000, seed: SEED, includeErrorInReport: true },
  );
  assert.ok(tally.accepted > 20 && tally.refused > 3000, JSON.stringify(tally));
});

const sent: [what: string, change: (spec: JsonObject) => unknown, problem: RegExp][] = [
  ['nothing', () => null, /^the sweep is null; allowed: an object/],
  ['an empty object', () => ({}), /^name is undefined; allowed: lower-case letters, digits/],
  ['a list', () => [], /^the sweep is a list; allowed: an object/],
  ['half a repeat', (spec) => ({ ...spec, repeats: 2.5 }), /^repeats is 2\.5; allowed: a whole number from 1 to 1000/],
  ['a thousand million repeats', (spec) => ({ ...spec, repeats: 1e9 }), /^repeats is 1000000000; allowed/],
  ['no budget at all', (spec) => ({ ...spec, budget: null }), /^budget is null; allowed: an object/],
  [
    'no jobs at a time',
    (spec) => ({ ...spec, budget: { maxConcurrent: 0 } }),
    /^budget\.maxConcurrent is 0; allowed: a whole number from 1 to 1024/,
  ],
  ['no report', (spec) => ({ ...spec, report: null }), /^report is null; allowed: an object/],
  [
    'steps in words',
    (spec) => ({ ...spec, training: { ...(spec['training'] as JsonObject), maxSteps: '99999' } }),
    /^training\.maxSteps is 99999; allowed: a whole number/,
  ],
  [
    'a space too long to count',
    (spec) => ({ ...spec, space: { ...(spec['space'] as JsonObject), 'task.length': { int: [1, 2 ** 53 - 1] } } }),
    /^space\["task\.length"\] has too many/,
  ],
  ['a key that nobody knows', (spec) => ({ ...spec, extra: 1 }), /^"extra" is unknown; allowed: name, /],
];
for (const [what, change, problem] of sent) {
  test(`${what} is refused by a running sweep`, () => {
    const old = parseSpec(JSON.stringify(palindromes), { origin: join(folder, 'x.json') });
    assert.match(refusalOf(old, change(JSON.parse(JSON.stringify(old)) as JsonObject)) ?? 'accepted', problem);
  });
}

test('ten thousand things that are no number of jobs are refused, and numbers of jobs are not', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), values), (given) => {
      const isNumber = typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= 1024;
      const problem = concurrencyProblem(given);
      assert.equal(problem === undefined, isNumber);
      if (problem !== undefined) assert.match(problem, /allowed: a whole number from 1 to 1024/);
    }),
    { numRuns: 10_000, seed: SEED },
  );
});

const corpus: [what: string, text: string, place: RegExp][] = [
  ['a name that climbs', '{"name": "../../x"}', /^name: /],
  ['an absolute name', '{"name": "/etc/x"}', /^name: /],
  ['a name with a NUL', '{"name": "x\\u0000"}', /^name: /],
  [
    'a device as a book',
    '{"name": "x", "task": {"name": "text", "corpus": "/dev/zero"}, "model": {"cell": "rnn"}, "space": {"model.layers": [1]}}',
    /^task\.corpus: .*is no file/,
  ],
  [
    'a folder as a book',
    '{"name": "x", "task": {"name": "text", "corpus": ".."}, "model": {"cell": "rnn"}, "space": {"model.layers": [1]}}',
    /^task\.corpus: .*is a folder/,
  ],
  [
    'a prototype deep inside',
    '{"name": "x", "space": {"model.layers": {"choice": [{"__proto__": {"a": 1}}]}}}',
    /^space\["model\.layers"\]\.choice\[0\]\.__proto__: /,
  ],
  [
    'a prototype as a path',
    '{"name": "x", "task": {"name": "palindrome"}, "model": {"cell": "rnn"}, "space": {"model.__proto__.x": [1]}}',
    /^space\["model\.__proto__\.x"\]: names nothing/,
  ],
  [
    'a method as a path',
    '{"name": "x", "task": {"name": "palindrome"}, "model": {"cell": "rnn"}, "space": {"model.toString": [1]}}',
    /^space\["model\.toString"\]: names nothing/,
  ],
  [
    'a method as a cell',
    '{"name": "x", "model": {"cell": "toString"}, "space": {"model.layers": [1]}}',
    /^model\.cell: /,
  ],
  [
    'a method as a scheduler',
    '{"name": "x", "scheduler": {"name": "valueOf"}, "space": {"model.layers": [1]}}',
    /^scheduler\.name: /,
  ],
  [
    'a key twice in a dimension',
    '{"name": "x", "space": {"model.layers": {"int": [1, 2], "int": [1, 3]}}}',
    /^space\["model\.layers"\]\.int: stands twice/,
  ],
  ['a key twice, once escaped', '{"seed": 1, "\\u0073eed": 2}', /^seed: stands twice/],
  ['a number that is no whole one any more', '{"name": "x", "seed": 9007199254740993}', /^seed: /],
  ['more repeats than there are seconds', '{"name": "x", "repeats": 1e300}', /^repeats: /],
  [
    'steps without end',
    '{"name": "x", "space": {"model.layers": {"from": 1, "to": 1e308, "step": 1e-308}}}',
    /^space\["model\.layers"\]: /,
  ],
  ['a look-alike letter', '{"nаme": "x"}', /^(name: missing|\["nаme"\]: unknown key)/],
  ['letters that turn the line around', '{"description": "a\u202eb"}', /^description: .*cannot be printed/],
  ['a duration of ages', '{"name": "x", "budget": {"wallClock": "99999999999999999999d"}}', /^budget\.wallClock: /],
  ['no time at all', '{"name": "x", "budget": {"wallClock": "0h0s"}}', /^budget\.wallClock: /],
];
for (const [what, text, place] of corpus) {
  test(`${what} is refused by its place`, () => {
    assert.equal(tryParse(text, []), 'refused');
    try {
      parseSpec(text, { origin: 'x.json' });
    } catch (error) {
      const lines = (error as Error).message.split('\n').map((line) => line.replace(/^x\.json: /, ''));
      assert.ok(
        lines.some((line) => place.test(line)),
        lines.join('\n'),
      );
    }
  });
}

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
const sweep = fileURLToPath(new URL('../../sweeps/rnn-vs-lstm.json', import.meta.url));
const commands: [args: string[], stderr: RegExp][] = [
  [['start', 'bad.json'], /^error: bad\.json: name: /],
  [['start', sweep, '--id', '../../x'], /^error: .*--id/],
  [['start', sweep, '--set', 'name=../x'], /^error: --set name=\.\.\/x: name: |^error: --set 'name=\.\.\/x': name: /],
  [['report', '..', '--verify'], /^error: no sweep "\.\."/],
  [['explain', '.', 'x'], /^error: no sweep "\."/],
];
test('no command writes anything when what it is given is refused', async () => {
  const place = join(folder, 'elsewhere');
  await mkdir(place);
  await writeFile(join(place, 'bad.json'), '{"name": "../../x", "space": {"model.layers": [1]}}');
  for (const [args, stderr] of commands) {
    const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        [BIN, ...args],
        { cwd: place, env: { ...process.env, SWEEP_HOME: join(place, 'home') } },
        (error, _, said) => resolve({ code: error?.code, stderr: said }),
      );
    });
    assert.equal(ended.code, 2, `${args.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, stderr);
    assert.deepEqual(await readdir(place), ['bad.json'], args.join(' '));
  }
  await rm(place, { recursive: true });
});
