import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { adaptiveDriver, type RecordEntry, type Turn } from '../../core/adaptive.ts';
import { audit, standingOf, startedIn, storyOf } from '../../core/explain.ts';
import { plannedTrial, sweepId } from '../../core/plan.ts';
import type { Configuration } from '../../core/search/index.ts';
import { syntheticCurves } from '../../core/simulate/synthetic.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { writeDecisions } from '../../store/decisions.ts';
import { openStore } from '../../store/index.ts';
import { claimSweep } from '../../store/runs.ts';
import { sweepSpec } from '../support/sweep-spec.ts';

const training = { ...sweepSpec({}).training, maxSteps: 900, evaluateEvery: 100 };
const specOf = (changes: Partial<NetworkSweep>) =>
  sweepSpec(
    { 'training.learningRate': { logUniform: [1e-4, 1] }, 'model.cell': { choice: ['rnn', 'lstm'] } },
    {
      training,
      repeats: 2,
      search: { name: 'random', trials: 12 },
      scheduler: { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 },
      ...changes,
    },
  );

/** The record of an adaptive sweep with two workers that learn as made-up curves do. */
function record(spec: NetworkSweep): RecordEntry[] {
  const curves = syntheticCurves(spec);
  const entries: RecordEntry[] = [];
  const training: Turn[] = [];
  const driver = adaptiveDriver(spec);
  for (;;) {
    while (training.length < 2) {
      const next = driver.next();
      if (next === undefined) break;
      training.push(next.turn);
      if (next.entry) entries.push(next.entry);
    }
    const turn = training.shift();
    if (turn === undefined) return JSON.parse(JSON.stringify(entries)) as RecordEntry[];
    const { value, ended } = curves
      .course(turn.configuration, turn.repeat, driver.configurationOf(turn.configuration))
      .after(turn.toStep);
    const taken = driver.take(turn, { objective: value, ended });
    if (taken.entry) entries.push(taken.entry);
  }
}

const asha = specOf({});
const learning = specOf({
  scheduler: { name: 'full' },
  search: { name: 'tpe', trials: 12, startup: 4, candidates: 8, gamma: 0.25 },
});

for (const [what, spec] of Object.entries({ asha, tpe: learning })) {
  test(`a record of ${what} holds, and every trial's story ends`, () => {
    const entries = record(spec);
    assert.equal(audit(spec, entries), undefined);
    assert.equal(startedIn(spec, entries).size, 12);
    for (let configuration = 0; configuration < 12; configuration++) {
      const story = storyOf(entries, configuration);
      assert.ok(['stopped', 'complete'].includes(standingOf(story)));
      assert.deepEqual(
        story.map(({ entry }) => entry),
        story.map(({ entry }) => entry).sort((a, b) => a - b),
      );
    }
    const [first] = entries;
    assert.ok(first);
    assert.equal(standingOf(storyOf([first], 0)), 'in training');
    assert.equal(standingOf(storyOf([first], 1)), 'not started');
  });
}

test('a record that was changed, or of other options, does not hold, and the audit says where', () => {
  const entries = record(asha);
  const at = entries.findIndex((entry) => 'report' in entry);
  const better = structuredClone(entries);
  const stopped = entries
    .flatMap((entry) => ('report' in entry ? entry.decisions : []))
    .find(({ action }) => action === 'stop');
  const changed = better.find((entry) => 'report' in entry && entry.report.configuration === stopped?.configuration);
  assert.ok(changed && 'report' in changed);
  changed.report.value = 2; // better than all
  assert.match(audit(asha, better) ?? '', /^entry \d+ of the recorded decisions is /);
  assert.match(
    audit(
      asha,
      entries.filter((_, i) => i !== at),
    ) ?? '',
    /^entry \d+ of the recorded decisions is /,
  );
  assert.notEqual(
    audit(specOf({ scheduler: { name: 'asha', eta: 2, minSteps: 100, skipRungs: 0 } }), entries),
    undefined,
  );

  const elsewhere = structuredClone(record(learning));
  const late = elsewhere.filter((entry) => 'assignment' in entry).at(-1) as { suggested: Configuration };
  late.suggested = { ...late.suggested, 'training.learningRate': 0.5 };
  assert.match(
    audit(learning, elsewhere) ?? '',
    /^entry \d+ of the recorded decisions tries .*"training.learningRate":0\.5.*, but tpe now suggests /,
  );
});

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test("sweep explain tells a trial's story, and says when the record is not what the sweep does", async (t) => {
  const runs = await mkdtemp(join(tmpdir(), 'sweep-explain-'));
  t.after(() => rm(runs, { recursive: true }));
  const store = openStore(runs);
  const id = sweepId(asha);
  const entries = record(asha);
  await claimSweep(store, id, asha);
  assert.match(
    (await cli('explain', id, 'x', '--runs', runs)).stderr,
    /^error: example-\w+: no trial has started yet\n$/,
  );
  await writeDecisions(store, id, 0, entries);

  const stopped = entries
    .flatMap((entry) => ('report' in entry ? entry.decisions : []))
    .find(({ action, numbers }) => action === 'stop' && numbers['rank'] !== undefined);
  assert.ok(stopped);
  const { configuration, reason } = stopped;
  const { trialId, label } = plannedTrial(
    asha,
    startedIn(asha, entries).get(configuration) as Configuration,
    configuration * 2 + 1,
  );
  const { code, stdout, stderr } = await cli('explain', 'example', trialId.slice(0, 12), '--runs', runs);
  assert.equal(code, 0, stderr);
  assert.ok(
    stdout.includes(label) && stdout.includes('stopped') && stdout.includes(reason) && stdout.includes('cutoff'),
    stdout,
  );
  assert.match(
    stdout,
    new RegExp(`All ${entries.length} entries of the record played back: the same decisions come out\\.`),
  );
  const json = JSON.parse((await cli('explain', id, label, '--runs', runs, '--json')).stdout) as {
    trialId: string;
    standing: string;
    audit: object;
    story: unknown[];
  };
  assert.deepEqual(
    [json.trialId, json.standing, json.audit],
    [trialId, 'stopped', { entries: entries.length, holds: true, problem: null }],
  );
  assert.deepEqual(json.story, storyOf(entries, configuration));
  const unknown = await cli('explain', id, 'nonsense', '--runs', runs);
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.stderr,
    /^error: example-\w+ has started no trial "nonsense"; there is [0-9a-f]{20} \(.*seed 1\), .*…\n$/,
  );

  const plain = sweepSpec({ 'model.cell': { choice: ['rnn', 'lstm'] } }, { name: 'plain' });
  await claimSweep(store, sweepId(plain), plain);
  assert.match(
    (await cli('explain', 'plain', 'x', '--runs', runs)).stderr,
    /has nothing to explain: its scheduler "full" trains every trial to its end/,
  );

  const other = { ...asha, name: 'changed' };
  const wrong = structuredClone(entries);
  const report = wrong.find((entry) => 'report' in entry && entry.report.configuration === configuration);
  assert.ok(report && 'report' in report);
  report.report.value = 2;
  await claimSweep(store, sweepId(other), other);
  await writeDecisions(store, sweepId(other), 0, wrong);
  const failed = await cli('explain', 'changed', trialId, '--runs', runs);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^error: the record of changed-\w+ does not hold: entry \d+ /);
});
