/** The sweep file of a program: what it becomes, and what is wrong with it, in one line that says what is allowed. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { extensionProblem } from '../../core/extend.ts';
import { formProblem, trialProblem } from '../../core/form/check.ts';
import { setPath, type Json, type JsonObject } from '../../core/json.ts';
import { trialAt } from '../../core/plan.ts';
import type { ProgramSweep } from '../../core/spec.ts';
import { extendSpec } from '../../sweep-file/extend.ts';
import { loadSweep, parseSweep } from '../../sweep-file/index.ts';

const good: JsonObject = {
  name: 'program',
  program: {
    command: ['python3', 'train.py'],
    files: ['train.py', 'lib/**'],
    metrics: { accuracy: { goal: 'maximize', range: [0, 1] }, loss: { goal: 'minimize' } },
  },
  parameters: { optimizer: 'adam' },
  training: { maxSteps: 20 },
  space: { 'parameters.learningRate': { logUniform: [0.0001, 0.1] }, 'parameters.model.width': [8, 16] },
  search: { name: 'random', trials: 4 },
  repeats: 2,
};

let folder: string;
const parse = (value: JsonObject) => parseSweep(JSON.stringify(value), { origin: join(folder, 'x.json') });
const specOf = (value: JsonObject) => parse(value).spec as ProgramSweep;
const having = (path: string, value: Json) => setPath(good, path.split('/'), value);
function refusal(value: JsonObject): string {
  try {
    parse(value);
  } catch (error) {
    return (error as Error).message.replaceAll(join(folder, 'x.json'), 'x.json').replaceAll(folder, 'FOLDER');
  }
  return 'accepted';
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-program-form-'));
  await mkdir(join(folder, 'lib/deep/__pycache__'), { recursive: true });
  await mkdir(join(folder, 'lib/.git'));
  await writeFile(join(folder, 'train.py'), 'print()');
  await writeFile(join(folder, 'lib/a.py'), 'a');
  await writeFile(join(folder, 'lib/deep/b.py'), 'b');
  await writeFile(join(folder, 'lib/deep/__pycache__/b.pyc'), 'x');
  await writeFile(join(folder, 'lib/.git/config'), 'x');
  await symlink('/etc/passwd', join(folder, 'outside'));
  await symlink('..', join(folder, 'lib/round'));
});
after(() => rm(folder, { recursive: true }));

test('a resolved spec has every default, and the files by their hash', () => {
  const spec = specOf(good);
  assert.deepEqual(Object.keys(spec.program.hashes), ['lib/a.py', 'lib/deep/b.py', 'train.py']);
  assert.deepEqual(spec.objective, { metric: 'accuracy', goal: 'maximize' });
  assert.deepEqual(spec.training, { maxSteps: 20, evaluateEvery: 1 });
  assert.deepEqual([spec.program.arguments, spec.program.resumes, spec.program.step], ['flags', false, 'step']);
  const { trial } = trialAt(spec, 0);
  assert.equal(
    formProblem(JSON.parse(JSON.stringify(spec))) ?? trialProblem(JSON.parse(JSON.stringify(trial))),
    undefined,
  );
  const { model, ...others } = trial.parameters as { model: object };
  assert.deepEqual([Object.keys(others), Object.keys(model)], [['optimizer', 'learningRate'], ['width']]);
});

test("a trial's id is of what decides its result, and of nothing else", async () => {
  const id = (value: JsonObject) => trialAt(specOf(value), 0).trialId;
  const known = id(good);
  const other: [string, Json][] = [
    ['program/command', ['python3', '-O', 'train.py']],
    ['program/arguments', 'json'],
    ['program/files', ['train.py']],
    ['program/environment', { OMP_NUM_THREADS: '1' }],
    ['program/metrics', { accuracy: { goal: 'maximize' } }],
    ['program/read', { loss: 'loss ([0-9.]+)' }],
    ['program/seedAs', 'seed'],
    ['program/stepsAs', 'epochs'],
    ['parameters', { optimizer: 'sgd' }],
    ['training/maxSteps', 21],
    ['seed', 2],
  ];
  for (const [path, value] of other) assert.notEqual(id(having(path, value)), known, path);
  const same: [string, Json][] = [
    ['name', 'another'],
    ['description', 'another'],
    ['program/pass', ['HF_TOKEN']],
    ['program/silence', '10m'],
    ['program/memory', '2GiB'],
    ['program/resumes', true],
    ['program/step', 'epoch'],
    ['program/metrics/accuracy/goal', 'minimize'],
    ['training/evaluateEvery', 5],
    ['repeats', 3],
  ];
  for (const [path, value] of same) assert.equal(id(having(path, value)), known, path);
  await writeFile(join(folder, 'lib/deep/b.py'), 'changed');
  assert.notEqual(id(good), known, 'a file has changed');
});

test('it can be extended where its files have gone', () => {
  const spec = specOf(good);
  const { spec: longer } = extendSpec(spec, ['training.maxSteps=40', 'repeats=3'], new Map());
  assert.deepEqual((longer as ProgramSweep).program, spec.program);
  assert.equal(extensionProblem(spec, longer) ?? formProblem(JSON.parse(JSON.stringify(longer))), undefined);
});

const wrong: [name: string, change: () => JsonObject, line: RegExp][] = [
  [
    'a pattern without a file',
    () => having('program/files', ['trian.py']),
    /^x\.json: program\.files\[0\]: "trian\.py" matches no file in FOLDER \(did you mean "train\.py"\?\)$/,
  ],
  [
    'a pattern that leaves the folder',
    () => having('program/files', ['../x']),
    /^x\.json: program\.files\[0\]: "\.\.\/x" leaves the folder of the sweep file; allowed: /,
  ],
  ['a full path', () => having('program/files', ['/etc/passwd']), /"\/etc\/passwd" leaves the folder/],
  [
    'a link that leaves the folder',
    () => having('program/files', ['out*']),
    /"out\*" has "outside", a link that leaves the folder/,
  ],
  ['a folder', () => having('program/files', ['lib']), /"lib" is a folder; allowed: what is in it, as "lib\/\*\*"/],
  [
    'no command',
    () => having('program/command', []),
    /^x\.json: program\.command: \[\] is not allowed; allowed: a list/,
  ],
  [
    'a script that is none of the files',
    () => having('program/command', ['./run.sh']),
    /program\.command\[0\]: "\.\/run\.sh" is none of the program's files; allowed: /,
  ],
  [
    'a task beside it',
    () => ({ ...good, task: { name: 'palindrome' } }),
    /^x\.json: task: unknown key; allowed: .*program/,
  ],
  ['no metrics', () => having('program/metrics', {}), /program\.metrics: is empty; needed: one metric or more/],
  [
    'a metric that is called step',
    () => having('program/metrics', { step: { goal: 'minimize' } }),
    /program\.metrics\.step: means something else/,
  ],
  [
    'a range upside down',
    () => having('program/metrics/accuracy/range', [1, 0]),
    /program\.metrics\.accuracy\.range: is \[1, 0\]; allowed: the lower number first/,
  ],
  [
    'a goal that is none',
    () => having('program/metrics/loss/goal', 'least'),
    /program\.metrics\.loss\.goal: "least" is not allowed; allowed: maximize, minimize/,
  ],
  ['a pattern that is none', () => having('program/read', { loss: '(' }), /program\.read\.loss: is no pattern: /],
  [
    'a pattern without a group',
    () => having('program/read', { loss: 'loss' }),
    /program\.read\.loss: has no group; needed: parentheses/,
  ],
  [
    'a pattern for no metric',
    () => having('program/read', { lost: '(x)' }),
    /program\.read\.lost: is no metric of the program; allowed: step, accuracy, loss/,
  ],
  [
    'an objective that it does not report',
    () => having('objective', { metric: 'f1' }),
    /objective\.metric: is f1; allowed: accuracy, loss/,
  ],
  [
    'a seed as a parameter that has a value',
    () => having('program/seedAs', 'optimizer'),
    /program\.seedAs: is optimizer, which has another value already/,
  ],
  [
    'variables of ours',
    () => having('program/environment', { SWEEP_SEED: '1' }),
    /program\.environment\.SWEEP_SEED: is what the program is told by/,
  ],
  [
    'a secret in two places',
    () => setPath(having('program/pass', ['A']), ['program', 'environment'], { A: 'x' }),
    /program\.pass: has A, which environment gives/,
  ],
  [
    'a path into nothing',
    () => having('space', { 'model.cell': [1] }),
    /space\["model\.cell"\]: names nothing; allowed: a path into parameters/,
  ],
  ['no last step', () => ({ ...good, training: {} }), /training\.maxSteps: missing; needed: a whole number/],
  [
    'steps that are none',
    () => having('space', { 'training.maxSteps': [0] }),
    /space\["training\.maxSteps"\]\[0\]: 0 is not allowed; allowed: a whole number/,
  ],
  [
    'memory in words',
    () => having('program/memory', 'much'),
    /program\.memory: "much" is not allowed; allowed: an amount such as "512MiB"/,
  ],
];
for (const [name, change, line] of wrong) {
  test(`bad input: ${name}`, () => {
    const said = refusal(change());
    assert.match(said, line);
    assert.equal(said.split('\n').length, 1);
  });
}

test('what a file cannot say, no spec may say to a workflow', () => {
  const spec = JSON.parse(JSON.stringify(specOf(good))) as JsonObject;
  const said = (path: string, value: Json) => formProblem(setPath(spec, path.split('/'), value)) ?? 'accepted';
  assert.match(
    said('program/hashes', { '../x': `sha256:${'0'.repeat(64)}` }),
    /^program\.hashes\."\.\.\/x" is not allowed as a key/,
  );
  assert.match(said('program/hashes', { 'a/../../x': `sha256:${'0'.repeat(64)}` }), /is not allowed as a key/);
  assert.match(said('program/hashes', { x: 'sha256:../y' }), /^program\.hashes\.x is sha256:/);
  assert.match(said('program/metrics', {}), /^program\.metrics is empty/);
  assert.match(said('space', { 'parameters.constructor': { choice: [1] } }), /names nothing/);
  assert.match(said('task', {}), /unknown/);
});

for (const name of ['plain-python', 'any-language', 'existing-script', 'pytorch-palindromes']) {
  test(`the example ${name} is a sweep`, async () => {
    const { spec } = await loadSweep(new URL(`../../examples/${name}/sweep.json`, import.meta.url).pathname);
    assert.equal(formProblem(JSON.parse(JSON.stringify(spec))), undefined);
  });
}
