import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../core/errors.ts';
import { setPath, type Json, type JsonObject } from '../../core/json.ts';
import { countTrials, trialAt } from '../../core/plan.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { tasks } from '../../models/tasks/index.ts';
import { loadSpec, parseSpec } from '../../sweep-file/index.ts';

const good: JsonObject = {
  name: 'x',
  task: { name: 'palindrome', length: 10 },
  model: { cell: 'lstm' },
  space: { 'training.learningRate': [0.1, 0.01] },
};
const parse = (value: Json, set: string[] = []) =>
  parseSpec(JSON.stringify(value), { origin: 'x.json', set }) as NetworkSweep;

/** The lines that a wrong file is refused with. */
function refusal(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    assert.ok(
      error instanceof UserError,
      `a bug, not an answer: ${error instanceof Error ? error.stack : String(error)}`,
    );
    assert.equal(error.exitCode, 2);
    return error.message.split('\n');
  }
  assert.fail('was accepted');
}
const cellNames = Object.keys(cells).sort().join(', ');
const optimizerNames = Object.keys(optimizers).sort().join(', ');
const metricNames = [...new Set(Object.values(tasks).flatMap(({ metrics }) => Object.keys(metrics)))].sort().join(', ');

/** The good file with a value replaced -> the one line that says what is wrong. */
const wrongValues: [what: string, path: string[], value: Json, line: string][] = [
  [
    'an unknown cell',
    ['model', 'cell'],
    'lsmt',
    `model.cell: "lsmt" is not a cell; allowed: ${cellNames} (did you mean "lstm"?)`,
  ],
  [
    'an unknown optimizer',
    ['training', 'optimizer'],
    'rmsporp',
    `training.optimizer: "rmsporp" is not an optimizer; allowed: ${optimizerNames} (did you mean "rmsprop"?)`,
  ],
  [
    'an unknown key in a section',
    ['model', 'hiddenunits'],
    3,
    'model.hiddenunits: unknown key; allowed: …hiddenUnits… (did you mean "hiddenUnits"?)',
  ],
  ['a key that resembles none', ['model', 'zzzzzzzz'], 3, 'model.zzzzzzzz: unknown key; allowed: …'],
  [
    'an option of another cell',
    ['model', 'activation'],
    'tanh',
    'model.activation: an option of rnn, but model.cell is lstm; allowed: …',
  ],
  [
    'a wrong type',
    ['model', 'hiddenUnits'],
    'many',
    'model.hiddenUnits: "many" is not allowed; allowed: a whole number ≥ 1 and ≤ 16384',
  ],
  [
    'null',
    ['model', 'hiddenUnits'],
    null,
    'model.hiddenUnits: null is not allowed; allowed: a whole number ≥ 1 and ≤ 16384',
  ],
  [
    'a fraction of a unit',
    ['model', 'hiddenUnits'],
    1.5,
    'model.hiddenUnits: 1.5 is not allowed; allowed: a whole number ≥ 1 and ≤ 16384',
  ],
  ['a huge whole number', ['seed'], 1e30, 'seed: 1e+30 is not allowed; allowed: a whole number ≥ 0 and ≤ 4294967295'],
  ['a list for a section', ['model'], [], 'model: [] is not allowed; allowed: an object with the keys …'],
  [
    'no steps',
    ['training', 'maxSteps'],
    0,
    'training.maxSteps: 0 is not allowed; allowed: a whole number ≥ 1 and ≤ 100000000',
  ],
  [
    'a learning rate that learns nothing',
    ['training', 'learningRate'],
    0,
    'training.learningRate: 0 is not allowed; allowed: a number > 0',
  ],
  ['no repeats', ['repeats'], 0, 'repeats: 0 is not allowed; allowed: a whole number ≥ 1 and ≤ 1000'],
  ['fewer than no repeats', ['repeats'], -3, 'repeats: -3 is not allowed; allowed: a whole number ≥ 1 and ≤ 1000'],
  [
    'a name that is no slug',
    ['name'],
    'My sweep!',
    'name: "My sweep!" is not allowed; allowed: lower-case letters, digits, ".", "_" and "-", a letter or digit first, at most 64',
  ],
  ['a name that leaves the runs folder', ['name'], '../x', 'name: "../x" is not allowed; allowed: …'],
  ['a name that is too long', ['name'], 'a'.repeat(65), 'name: … is not allowed; allowed: …'],
  [
    'a character that moves the cursor',
    ['description'],
    'a\u001b[2Jb',
    'description: "a\\u001b[2Jb" has a character that cannot be printed; allowed: text, tabs and newlines',
  ],
  [
    'half a character',
    ['description'],
    'a\ud800',
    'description: "a\\ud800" has a character that cannot be printed; allowed: …',
  ],
  ['two lines where there is one', ['description'], 'a\nb', 'description: "a\\nb" is not allowed; allowed: one line'],
  [
    'an unknown metric as the objective',
    ['objective'],
    { metric: 'accurracy' },
    `objective.metric: "accurracy" is not a metric; allowed: ${metricNames} (did you mean "accuracy"?)`,
  ],
  [
    'an unknown goal',
    ['objective'],
    { goal: 'max' },
    'objective.goal: "max" is not allowed; allowed: maximize, minimize (did you mean "maximize"?)',
  ],
  [
    'an unknown metric to stop by',
    ['training', 'stopWhen'],
    { metric: 'f1', atLeast: 1 },
    `training.stopWhen.metric: "f1" is not a metric; allowed: ${metricNames}`,
  ],
  [
    'a stop rule without a bound',
    ['training', 'stopWhen'],
    { metric: 'loss' },
    'training.stopWhen: {"metric":"loss"} is not allowed; it takes one of atLeast, atMost',
  ],
  [
    'two ways of clipping',
    ['training', 'clip'],
    { norm: 1, value: 1 },
    'training.clip: {"norm":1,"value":1} is not allowed; it takes one of norm, value',
  ],
  [
    'a temperature of zero',
    ['sampling'],
    { temperature: [1, 0] },
    'sampling.temperature[1]: 0 is not allowed; allowed: a number > 0',
  ],
  ['a negative temperature', ['sampling'], { temperature: -1 }, 'sampling.temperature: -1 is not allowed; allowed: …'],
  [
    'sampling of a task that generates nothing',
    ['sampling'],
    { temperature: 1 },
    'sampling: palindrome generates no text; leave sampling out',
  ],
  [
    'an unknown search',
    ['search'],
    { name: 'gird' },
    'search.name: "gird" is not a search; allowed: grid, random… (did you mean "grid"?)',
  ],
  [
    'a random search without a number of trials',
    ['search'],
    { name: 'random' },
    'search.trials: missing; needed: a whole number ≥ 1 and ≤ 1000000',
  ],
  ['an option of another search', ['search'], { name: 'grid', trials: 3 }, 'search.trials: unknown key; allowed: name'],
  [
    'an unknown scheduler',
    ['scheduler'],
    { name: 'ful' },
    'scheduler.name: "ful" is not a scheduler; allowed: …full… (did you mean "full"?)',
  ],
  [
    'an option of another scheduler',
    ['scheduler'],
    { name: 'asha', every: 3 },
    'scheduler.every: unknown key; allowed: eta, minSteps, name, skipRungs',
  ],
  [
    'a scheduler that keeps everything',
    ['scheduler'],
    { name: 'asha', eta: 1 },
    'scheduler.eta: 1 is not allowed; allowed: a whole number ≥ 2 and ≤ 100',
  ],
  [
    'a search without enough to begin with',
    ['search'],
    { name: 'tpe', trials: 9, startup: 0 },
    'search.startup: 0 is not allowed; allowed: a whole number ≥ 2 and ≤ 1000',
  ],
  [
    'an unknown figure',
    ['report'],
    { figures: ['loss-curve'] },
    'report.figures[0]: "loss-curve" is not a figure; allowed: … (did you mean "loss-curves"?)',
  ],
  [
    'a duration without a unit',
    ['budget'],
    { wallClock: '90' },
    'budget.wallClock: "90" is not allowed; allowed: a duration such as "90s", "30m", "2h" or "1d12h"',
  ],
  [
    'an unknown accelerator',
    ['resources'],
    { accelerator: 'tpu' },
    'resources.accelerator: "tpu" is not allowed; allowed: any, cpu, gpu…',
  ],

  [
    'an empty space',
    ['space'],
    {},
    'space: {} is empty; needed: one path or more, such as "model.cell": ["rnn", "lstm"]',
  ],
  ['a list as a space', ['space'], [], 'space: [] is not allowed; allowed: an object'],
  [
    'a path that names nothing',
    ['space'],
    { 'model.hiddenUnit': [1] },
    'space["model.hiddenUnit"]: names nothing; allowed: …model.hiddenUnits… (did you mean "model.hiddenUnits"?)',
  ],
  [
    'a path into nowhere',
    ['space'],
    { 'modle.cell': ['rnn'] },
    'space["modle.cell"]: names nothing; allowed: a path into model, task, training (did you mean "model.cell"?)',
  ],
  [
    'a path below a number',
    ['space'],
    { 'model.layers.deep': [1] },
    'space["model.layers.deep"]: names nothing; allowed: …model.layers…',
  ],
  ['a path to a whole section', ['space'], { model: [{ cell: 'rnn' }] }, 'space.model: names nothing; allowed: …'],
  [
    'a path to the name of the sweep',
    ['space'],
    { name: ['a'] },
    'space.name: names nothing; allowed: a path into model, task, training',
  ],
  [
    'a path to an option of another cell',
    ['space'],
    { 'model.activation': ['tanh'] },
    'space["model.activation"]: an option of rnn, but model.cell is lstm',
  ],
  [
    'an option that some cells lack',
    ['space'],
    { 'model.cell': ['rnn', 'lstm'], 'model.forgetBias': [0, 1] },
    'space["model.forgetBias"]: rnn has no forgetBias; allowed with "when": {"model.cell":"lstm"}',
  ],
  [
    'sampling as a dimension',
    ['space'],
    { 'sampling.temperature': [1, 2] },
    'space["sampling.temperature"]: sampling never causes another training; list the values in sampling.temperature itself',
  ],
  [
    'a path inside another',
    ['space'],
    { 'training.clip': [{ norm: 1 }], 'training.clip.norm': [1] },
    'space["training.clip.norm"]: lies inside "training.clip", which space sweeps as a whole; allowed: one of the two',
  ],
  [
    'an empty list',
    ['space'],
    { 'model.layers': [] },
    'space["model.layers"]: [] is empty; allowed: one value or more',
  ],
  [
    'a value twice',
    ['space'],
    { 'model.layers': [1, 2, 1] },
    'space["model.layers"]: 1 stands twice, as values 1 and 3; allowed: each value once',
  ],
  [
    'no dimension',
    ['space'],
    { 'model.layers': 3 },
    'space["model.layers"]: 3 is not a dimension; allowed: a list of values, or an object with choice, from, int, logUniform, step, to, uniform',
  ],
  [
    'a dimension of no kind',
    ['space'],
    { 'model.layers': { chioce: [1] } },
    'space["model.layers"]: {"chioce":[1]} is not a dimension; allowed: … (did you mean "choice"?)',
  ],
  [
    'half a range',
    ['space'],
    { 'model.layers': { from: 1, to: 3 } },
    'space["model.layers"].step: missing; needed: a number',
  ],
  [
    'two kinds at once',
    ['space'],
    { 'model.layers': { from: 1, to: 3, step: 1, choice: [1] } },
    'space["model.layers"].from: unknown key; allowed: choice, when\nspace["model.layers"].to: …\nspace["model.layers"].step: …',
  ],
  [
    'a range that goes backwards',
    ['space'],
    { 'model.layers': { from: 3, to: 1, step: 1 } },
    'space["model.layers"]: from 3 is above to 1; allowed: from ≤ to',
  ],
  [
    'a step of zero',
    ['space'],
    { 'model.layers': { from: 1, to: 3, step: 0 } },
    'space["model.layers"]: step 0 leads nowhere; allowed: a step above 0',
  ],
  [
    'a negative step',
    ['space'],
    { 'model.layers': { from: 1, to: 3, step: -1 } },
    'space["model.layers"]: step -1 leads nowhere; allowed: a step above 0',
  ],
  [
    'a value that is wrong at its path',
    ['space'],
    { 'model.cell': ['rnn', 'lstn'] },
    `space["model.cell"][1]: "lstn" is not a cell; allowed: ${cellNames} (did you mean "lstm"?)`,
  ],
  [
    'a wrong value in a choice',
    ['space'],
    { 'model.layers': { choice: [1, 0] } },
    'space["model.layers"].choice[1]: 0 is not allowed; allowed: a whole number ≥ 1 and ≤ 64',
  ],
  [
    'a range that starts too low',
    ['space'],
    { 'task.length': { from: 1, to: 9, step: 1 } },
    'space["task.length"]: 1 is not allowed; allowed: a whole number ≥ 2 and ≤ 10000',
  ],
  [
    'a range between whole numbers',
    ['space'],
    { 'task.length': { from: 5, to: 9, step: 0.5 } },
    'space["task.length"]: 5.5 is not allowed; allowed: a whole number …',
  ],
  [
    'a continuous dimension in a grid',
    ['space'],
    { 'training.learningRate': { logUniform: [0.001, 0.1] } },
    'space["training.learningRate"]: is continuous, which the search "grid" cannot count; allowed: a list or a range, or a search by "random"…',
  ],
  [
    'a condition on nothing',
    ['space'],
    { 'model.layers': { choice: [1], when: { 'model.cel': 'lstm' } } },
    'space["model.layers"].when["model.cel"]: names nothing; allowed: a path in space, or one that has a value',
  ],
  [
    'a condition on a value that never occurs',
    ['space'],
    { 'model.cell': ['rnn', 'lstm'], 'model.layers': { choice: [1, 2], when: { 'model.cell': 'gru' } } },
    'space["model.layers"].when["model.cell"]: "gru" never occurs; allowed: "rnn", "lstm"',
  ],
  [
    'a condition that the spec rules out',
    ['space'],
    { 'model.layers': { choice: [1, 2], when: { 'model.cell': 'rnn' } } },
    'space["model.layers"].when["model.cell"]: "rnn" never occurs: model.cell is "lstm"',
  ],
  [
    'a condition without values',
    ['space'],
    { 'model.layers': { choice: [1, 2], when: { 'model.cell': [] } } },
    'space["model.layers"].when["model.cell"]: [] never comes true; allowed: a value, or a list of values',
  ],
  [
    'conditions in a circle',
    ['space'],
    {
      'model.layers': { choice: [1, 2], when: { 'training.batchSize': 8 } },
      'training.batchSize': { choice: [8, 16], when: { 'model.layers': 1 } },
    },
    'space: the conditions of model.layers, training.batchSize name each other in a circle',
  ],
  [
    'a dimension that depends on itself',
    ['space'],
    { 'model.layers': { choice: [1, 2], when: { 'model.layers': 1 } } },
    'space: the conditions of model.layers name each other in a circle',
  ],
  [
    'too many trials',
    ['space'],
    { 'model.hiddenUnits': { int: [1, 2000] }, 'task.length': { int: [2, 1001] } },
    'space: has 6,000,000 trials with 3 repeats; allowed: at most 1,000,000 trials',
  ],
  [
    'a dimension without end',
    ['space'],
    { 'training.learningRate': { from: 1e-9, to: 1000, step: 1e-9 } },
    'space["training.learningRate"]: has 1,000,000,000,000 values; allowed: at most 1,000,000 trials',
  ],
  [
    'more trials than can be written',
    ['space'],
    Object.fromEntries(
      ['batchSize', 'maxSteps', 'evaluateEvery', 'evaluationSize', 'truncate'].map((key) => [
        `training.${key}`,
        { int: [1, 10_000] },
      ]),
    ),
    'space: has 3.0e+20 trials with 3 repeats; allowed: at most 1,000,000 trials',
  ],
  [
    'values that are wrong only together',
    ['space'],
    { 'training.clip.norm': [1], 'training.clip.value': [2] },
    'training.clip: {"norm":1,"value":2} is not allowed; it takes one of norm, value (in trial "norm 1 value 2 seed 1")',
  ],
  [
    'shapes that make no sense together, seldom in a large space',
    ['space'],
    { 'training.learningRate': { from: 0.001, to: 1, step: 0.001 }, 'training.truncate': { int: [1, 10] } },
    'training.truncate is 10, but the network sees only 9 time steps; give at most 9 or leave it out (in trial "truncate 10 seed 1")',
  ],
];

/** '…' in the expected line stands for anything. */
function matches(line: string, expected: string): boolean {
  const pattern = expected
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 'u').test(line);
}

for (const [what, path, value, expected] of wrongValues) {
  test(`${what} is refused in a line`, () => {
    const lines = refusal(() => parse(setPath(good, path, value)));
    const wanted = expected.split('\n').map((line) => `x.json: ${line}`);
    assert.equal(lines.length, wanted.length, lines.join('\n'));
    for (const [i, line] of lines.entries())
      assert.ok(matches(line, wanted[i] ?? ''), `\n  ${line}\nis not\n  ${wanted[i]}`);
  });
}

const wrongTexts: [what: string, text: string, line: string][] = [
  [
    'text that is no JSON',
    '{\n  "name": x\n}',
    'x.json: is not JSON: line 2, column 11: this is no JSON value; allowed: "text", a number, true, false, null, […], {…}',
  ],
  [
    'NaN',
    '{"seed": NaN}',
    'x.json: is not JSON: line 1, column 10: this is no JSON value; allowed: "text", a number, true, false, null, […], {…}',
  ],
  ['a missing comma', '{"a": 1\n"b": 2}', 'x.json: is not JSON: line 2, column 1: a comma is expected here'],
  ['an unfinished file', '{"a": [1, 2', 'x.json: is not JSON: line 1, column 12: a closing ] is expected here'],
  [
    'more than one value',
    '{} {}',
    'x.json: is not JSON: line 1, column 4: the value has ended, nothing more is allowed here',
  ],
  ['an empty file', '', 'x.json: is not JSON: line 1, column 1: a value is expected here'],
  ['a number beyond all numbers', '{"seed": 1e999}', 'x.json: seed: 1e999 is too large for a number'],
  ['a key twice', '{"name": "x",\n "name": "y"}', 'x.json: name: stands twice, on lines 1 and 2; allowed: once'],
  ['__proto__', '{"__proto__": {"name": "x"}}', 'x.json: __proto__: not allowed as a key'],
  ['__proto__ in the space', '{"space": {"__proto__": [1]}}', 'x.json: space.__proto__: not allowed as a key'],
  ['constructor', '{"model": {"constructor": 1}}', 'x.json: model.constructor: not allowed as a key'],
  ['an escaped __proto__', '{"\\u005f_proto__": 1}', 'x.json: __proto__: not allowed as a key'],
  ['bottomless brackets', '['.repeat(500_000), 'x.json: is nested more than 32 levels deep, which no sweep file needs'],
  ['a book', `"${'a'.repeat(2 ** 20)}"`, 'x.json: is larger than 1 MiB, which no sweep file needs'],
  ['a list', '[]', 'x.json: [] is not allowed; allowed: an object with the keys …'],
  ['a number', '3', 'x.json: 3 is not allowed; allowed: an object with the keys …'],
];
for (const [what, text, expected] of wrongTexts) {
  test(`${what} is refused`, () => {
    const lines = refusal(() => parseSpec(text, { origin: 'x.json' }));
    assert.ok(
      lines.length === 1 && matches(lines[0] ?? '', expected),
      `\n  ${lines.join('\n  ')}\nis not\n  ${expected}`,
    );
  });
}

test('all mistakes of a file are said at once', () => {
  const lines = refusal(() => parse({ ...good, model: { cell: 'x', layers: 0 }, repeats: 0, extra: 1 }));
  assert.deepEqual(
    lines.map((line) => line.slice('x.json: '.length).split(':')[0]),
    ['model.cell', 'model.layers', 'repeats', 'extra'],
  );
});

test('a scheduler that compares configurations refuses what it cannot compare, by its name', () => {
  const swept = { ...good, scheduler: { name: 'median' }, space: { 'training.maxSteps': [10, 20] } };
  assert.deepEqual(
    refusal(() => parse(swept)),
    [
      'x.json: space["training.maxSteps"]: cannot be swept with the scheduler "median", which compares ' +
        'configurations on the way to one last step; allowed: a single training.maxSteps, or the scheduler "full"',
    ],
  );
  const many = {
    ...good,
    repeats: 1,
    scheduler: { name: 'asha' },
    space: { 'model.hiddenUnits': { int: [1, 10_000] } },
  };
  assert.deepEqual(
    refusal(() => parse(many)),
    [
      'x.json: scheduler: "asha" keeps what it has seen of each configuration, and there are 10,000; allowed: at most 9,102 with these options',
    ],
  );
  assert.equal(countTrials(parse({ ...many, scheduler: { name: 'full' } })), 10_000);
  const often = {
    ...good,
    scheduler: { name: 'median', every: 1 },
    training: { maxSteps: 100_000_000, evaluateEvery: 1 },
  };
  assert.match(
    refusal(() => parse(often)).join('\n'),
    /^x\.json: scheduler: "median" keeps .*; allowed: at most 0 with these options$/,
  );
  const learning = { ...good, search: { name: 'tpe', trials: 1000 }, scheduler: { name: 'median' } };
  assert.match(
    refusal(() => parse(learning)).join('\n'),
    /^x\.json: scheduler: the search "tpe" with "median" keeps .* there are 1,000; allowed: at most \d+ /,
  );
  assert.equal(countTrials(parse({ ...learning, scheduler: { name: 'full' } })), 3000);
});

test('comments and trailing commas are welcome', () => {
  const spec = parseSpec(
    '\uFEFF{ // a question\n "name": "x", "task": {"name": "palindrome"}, /* or */ "space": {"model.cell": ["rnn",],}, }',
    { origin: 'x' },
  );
  assert.equal(countTrials(spec), 3);
});

test("what is left out has the course's settings", () => {
  const spec = parse(good);
  assert.deepEqual(spec, {
    name: 'x',
    description: '',
    task: { name: 'palindrome', length: 10 },
    model: { cell: 'lstm', hiddenUnits: 128, layers: 1 },
    training: {
      optimizer: 'rmsprop',
      learningRate: 0.001,
      batchSize: 128,
      maxSteps: 10_000,
      evaluateEvery: 100,
      evaluationSize: 1024,
    },
    space: { 'training.learningRate': { choice: [0.1, 0.01] } },
    repeats: 3,
    seed: 1,
    search: { name: 'grid' },
    scheduler: { name: 'full' },
    objective: { metric: 'accuracy', goal: 'maximize' },
    budget: {},
    resources: { accelerator: 'any' },
    report: {},
  });
});

test('a loss is minimized, a duration is seconds, one temperature is a list', () => {
  const spec = parse({ ...good, objective: { metric: 'loss' }, budget: { wallClock: '1d1h30m5s', maxConcurrent: 2 } });
  assert.deepEqual(spec.objective, { metric: 'loss', goal: 'minimize' });
  assert.deepEqual(spec.budget, { maxConcurrent: 2, wallClockSeconds: 91_805 });
});

test('the goal that is left out is that of the metric', () => {
  const of = (metric: string) => parse({ ...good, task: { name: 'caesar' }, objective: { metric } }).objective.goal;
  assert.deepEqual(['accuracy', 'exactMatch', 'loss'].map(of), ['maximize', 'maximize', 'minimize']);
});

test('the space alone may name the cell, and a swept cell may have options of its own', () => {
  const { model: _, ...rest } = good;
  const spec = parse({ ...rest, model: { forgetBias: 2 }, space: { 'model.cell': ['rnn', 'lstm'] } });
  assert.equal(spec.model.cell, 'rnn');
  assert.equal(countTrials(spec), 6);
  const conditional = parse({
    ...rest,
    space: { 'model.cell': ['rnn', 'lstm'], 'model.forgetBias': { choice: [0, 1], when: { 'model.cell': 'lstm' } } },
    repeats: 1,
  });
  assert.equal(countTrials(conditional), 3);
});

test('--set replaces a value, a dimension, a whole section', () => {
  const spec = parse(good, [
    'model.cell=rnn',
    'training={"batchSize": 8}',
    'space.training.learningRate=[1]',
    'space.task.length={"from":5,"to":9,"step":2}',
    'repeats=2',
  ]);
  assert.equal(spec.model.cell, 'rnn');
  assert.equal(spec.training.batchSize, 8);
  assert.deepEqual(trialAt(spec, 5).configuration, { 'training.learningRate': 1, 'task.length': 9 });
  assert.equal(countTrials(spec), 6);
});

const wrongOverrides: [set: string, line: string][] = [
  [
    'model.cell=lst',
    `--set model.cell=lst: model.cell: "lst" is not a cell; allowed: ${cellNames} (did you mean "lstm"?)`,
  ],
  ['model.layrs=2', '--set model.layrs=2: model.layrs: unknown key; allowed: … (did you mean "layers"?)'],
  [
    'space.model.layers=[0]',
    '--set \'space.model.layers=[0]\': space["model.layers"][0]: 0 is not allowed; allowed: a whole number ≥ 1 and ≤ 64',
  ],
  [
    'training.learningRate=1',
    '--set training.learningRate=1: training.learningRate: has no effect, because space sweeps it; set space.training.learningRate instead',
  ],
  ['nonsense', '--set nonsense: is not an override; allowed: path=value, such as training.learningRate=0.01'],
  ['=3', '--set =3: is not an override; allowed: …'],
  ['a..b=3', '--set a..b=3: is not an override; allowed: …'],
  ['model.__proto__.x=3', '--set model.__proto__.x=3: __proto__, constructor, prototype are not allowed as keys'],
  [
    'training={"batchSize": }',
    '--set \'training={"batchSize": }\': is not JSON: line 1, column 15: a value is expected here',
  ],
  ['description=\u001b[2J', "--set 'description=\\u001b[2J': …cannot be printed…"],
];
for (const [set, expected] of wrongOverrides) {
  test(`--set ${JSON.stringify(set)} is refused by its own name`, () => {
    const lines = refusal(() => parse(good, [set]));
    assert.ok(
      lines.length === 1 && matches(lines[0] ?? '', expected),
      `\n  ${lines.join('\n  ')}\nis not\n  ${expected}`,
    );
  });
}

test('a file that is not there, is a folder or no text is said by its name', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-spec-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'good.json'), JSON.stringify(good));
  await writeFile(join(folder, 'latin1.json'), Buffer.from([0x22, 0xe9, 0x22]));
  const messageOf = (name: string) =>
    loadSpec(join(folder, name)).then(
      () => assert.fail('was read'),
      (error: UserError) => [error.exitCode, error.message.slice(folder.length + 1)],
    );
  assert.deepEqual(await messageOf('god.json'), [
    2,
    'god.json: no such file; allowed: a sweep file, such as sweeps/rnn-vs-lstm.json (did you mean "good.json"?)',
  ]);
  assert.deepEqual(await messageOf('.'), [2, ' is a folder; allowed: a sweep file, such as sweeps/rnn-vs-lstm.json']);
  assert.deepEqual(await messageOf('latin1.json'), [
    2,
    'latin1.json: is not UTF-8 text; allowed: a sweep file, such as sweeps/rnn-vs-lstm.json',
  ]);
  assert.equal((await loadSpec(join(folder, 'good.json'))).name, 'x');
});

for (const name of ['rnn-vs-lstm', 'rnn-vs-lstm-full']) {
  test(`sweeps/${name}.json is a sweep of that name, of an RNN and an LSTM, with three repeats`, async () => {
    const spec = await loadSpec(`sweeps/${name}.json`);
    assert.equal(spec.name, name);
    assert.deepEqual(spec.space['model.cell'], { choice: ['rnn', 'lstm'] });
    assert.equal(spec.repeats, 3);
    assert.ok(spec.description.length > 0);
  });
}

test('no file makes it crash, and a refusal names the file', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.json(),
        fc.jsonValue().map((v) => JSON.stringify({ ...good, space: v })),
      ),
      (text) => {
        for (const line of refusal(() => parseSpec(text, { origin: 'x.json' }))) assert.match(line, /^x\.json: /);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a wrong value anywhere is refused by its place', () => {
  const places: string[][] = [
    ['name'],
    ['task', 'name'],
    ['task', 'length'],
    ['task', 'encoding'],
    ['model', 'cell'],
    ['model', 'hiddenUnits'],
    ['model', 'layers'],
    ['model', 'forgetBias'],
    ['training', 'optimizer'],
    ['training', 'learningRate'],
    ['training', 'batchSize'],
    ['training', 'clip'],
    ['training', 'stopWhen'],
    ['training', 'rho'],
    ['repeats'],
    ['seed'],
    ['search'],
    ['scheduler'],
    ['objective', 'metric'],
    ['budget', 'maxConcurrent'],
    ['resources', 'accelerator'],
    ['report', 'figures'],
    ['space', 'model.layers'],
    ['space', 'task.length'],
    ['space', 'training.optimizer'],
  ];
  const wrong = fc.oneof(
    fc.constantFrom<Json>(
      null,
      true,
      '',
      'nonsense',
      -1,
      -0.5,
      {},
      { a: 1 },
      [[]],
      [null],
      ['nonsense'],
      { choice: [] },
      { from: 2 },
    ),
    fc.double({ max: -1e-9, noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), wrong, (path, value) => {
      fc.pre(!(path[1] === 'forgetBias' && typeof value === 'number')); // a bias may be any number
      fc.pre(!(path[0] === 'name' && value === 'nonsense')); // and a name any word
      const lines = refusal(() => parse(setPath(good, path, value)));
      const place = path.map((key, i) => (key.includes('.') ? `["${key}"]` : i === 0 ? key : `.${key}`)).join('');
      assert.ok(
        lines.every((line) => line.startsWith(`x.json: ${place}`)),
        `${place} = ${JSON.stringify(value)}:\n${lines.join('\n')}`,
      );
    }),
    { numRuns: 1000 },
  );
});

test('an unknown key anywhere is refused by its name', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<string[]>(
        [],
        ['task'],
        ['model'],
        ['training'],
        ['search'],
        ['objective'],
        ['budget'],
        ['resources'],
        ['report'],
      ),
      fc.stringMatching(/^[a-z]{1,12}Q$/),
      fc.jsonValue().filter((v) => !/proto|constructor|[^ -~]/.test(JSON.stringify(v))),
      (path, key, value) => {
        const base = { search: { name: 'grid' }, ...good };
        const [line] = refusal(() => parse(setPath(base, [...path, key], value as Json)));
        assert.ok(line?.startsWith(`x.json: ${[...path, key].join('.')}: unknown key; allowed: `), line);
      },
    ),
    { numRuns: 1000 },
  );
});
