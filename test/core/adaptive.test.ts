/**
 * The driver of adaptive sweeps, played with synthetic curves: any order of arrival, interruptions, the record
 * replayed.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  adaptiveDriver,
  replayRecord,
  type AdaptiveState,
  type Arrival,
  type RecordEntry,
  type Turn,
} from '../../core/adaptive.ts';
import { isAdaptive } from '../../core/plan.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { deriveSeed } from '../../core/trial.ts';
import { readDecisions, writeDecisions } from '../../store/decisions.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec } from '../support/example-run.ts';

const REPEATS = 3;
const asha: NetworkSweep = {
  ...exampleSpec,
  repeats: REPEATS,
  scheduler: { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 },
  training: { ...exampleSpec.training, maxSteps: 900 },
  space: { 'training.learningRate': { logUniform: [0.0001, 0.1] } },
  search: { name: 'random', trials: 27 },
};
const tpe: NetworkSweep = {
  ...asha,
  search: { name: 'tpe', trials: 27, startup: 5, candidates: 24, gamma: 0.25 },
  scheduler: { name: 'full' },
};

/** The objective of a trial at a step: its own number, growing. Trial 4 diverges, trial 8 fails. */
function outcomeOf(turn: Turn, trialId: string): Arrival {
  const number = turn.configuration * REPEATS + turn.repeat;
  const objective = (deriveSeed(1, trialId) / 2 ** 32) * turn.toStep;
  const lost = number === 4 || number === 8;
  return { objective: lost ? null : objective, ended: lost || turn.toStep >= 900 };
}

interface Played {
  state: AdaptiveState;
  record: RecordEntry[];
  turns: Turn[];
  stopped: number;
}

/**
 * Plays with so many slots; who is done next is drawn from `seed`. After `interruptAt` outcomes all in training are put
 * back.
 */
function play(
  spec: NetworkSweep,
  seed: number,
  { slots = 4, interruptAt = -1, from = adaptiveDriver(spec) } = {},
): Played {
  let driver = from;
  const played: Omit<Played, 'state'> = { record: [], turns: [], stopped: 0 };
  const training: Turn[] = [];
  for (let done = 0; ; done++) {
    if (done === interruptAt) {
      training.length = 0;
      driver = adaptiveDriver(spec, { state: JSON.parse(JSON.stringify(driver.state())) as AdaptiveState });
    }
    while (training.length < slots) {
      const next = driver.next();
      if (next === undefined) break;
      if (next.entry) played.record.push(next.entry);
      training.push(next.turn);
    }
    if (training.length === 0) return { ...played, state: driver.state() };
    const [turn] = training.splice(deriveSeed(seed, done) % training.length, 1) as [Turn];
    const taken = driver.take(turn, outcomeOf(turn, driver.trialOf(turn).trialId));
    played.turns.push(turn);
    played.stopped += taken.stopped;
    if (taken.entry) played.record.push(taken.entry);
  }
}

test('every configuration is started, and stopped or completed, once; all its repeats are judged together', () => {
  const { state, record, turns, stopped } = play(asha, 1);
  const decisions = record.flatMap((entry) => ('report' in entry ? entry.decisions : [entry.decision]));
  for (let configuration = 0; configuration < 27; configuration++) {
    const actions = decisions.filter((one) => one.configuration === configuration).map(({ action }) => action);
    assert.equal(actions.filter((action) => action === 'start').length, 1);
    assert.equal(actions.filter((action) => action === 'stop' || action === 'complete').length, 1, actions.join());
  }
  assert.deepEqual([state.open, state.ended], [[], {}]);
  const completed = turns.filter(({ toStep }) => toStep === 900).length;
  assert.ok(
    completed > 0 && stopped + completed === 27 * REPEATS - 2,
    `${stopped} stopped, ${completed} trained to the end`,
  );
  for (const entry of record) {
    if ('report' in entry && [1, 2].includes(entry.report.configuration)) assert.equal(entry.report.value, null); // a repeat of theirs diverged, or failed
  }
});

test('a budget of trials buys whole configurations, never more trials than it says but for the first one', () => {
  for (const [maxTrials, configurations] of [
    [5, 1],
    [6, 2],
    [8, 2],
    [1, 1],
  ] as const) {
    const started = new Set(
      play({ ...asha, budget: { maxTrials } }, 1).turns.map(({ configuration }) => configuration),
    );
    assert.equal(started.size, configurations, `${maxTrials} trials`);
  }
});

test('a repeat that ended is not trained again when its configuration goes on', () => {
  const { turns } = play(asha, 3);
  const seen = turns.map(({ configuration, repeat, rung }) => `${configuration} ${repeat} ${rung}`);
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(turns.filter(({ configuration, repeat }) => configuration === 1 && repeat === 1).length, 1);
});

for (const [name, spec] of Object.entries({ asha, tpe })) {
  test(`${name}: replaying the record gives the state, at every length of the record`, async () => {
    assert.ok(isAdaptive(spec));
    const { state, record } = play(spec, 7);
    assert.deepEqual(replayRecord(spec, record).state(), state);
    for (const length of [1, 10, record.length - 3]) {
      const resumed = replayRecord(spec, record.slice(0, length));
      const rest = play(spec, 8, { from: resumed });
      assert.deepEqual(replayRecord(spec, [...record.slice(0, length), ...rest.record]).state(), rest.state);
    }
  });

  test(`${name}: the same order of arrival gives the same decisions, and an interruption loses nothing`, () => {
    assert.deepEqual(play(spec, 5), play(spec, 5));
    const interrupted = play(spec, 5, { interruptAt: 20 });
    assert.deepEqual(interrupted.state.open, []);
    assert.deepEqual(replayRecord(spec, interrupted.record).state(), interrupted.state);
  });
}

test('a record that does not follow from the spec is refused, with the entry', () => {
  const { record } = play(asha, 2);
  assert.throws(
    () => replayRecord({ ...asha, scheduler: { ...asha.scheduler, minSteps: 300 } }, record),
    /entry 0 of the recorded decisions is .*100/,
  );
});

test('a search that learns gives each configuration once, and keeps what it gave', () => {
  const { state, record } = play(tpe, 1);
  const suggested = record.flatMap((entry) => ('assignment' in entry ? [entry.suggested] : []));
  assert.equal(suggested.length, 27);
  assert.deepEqual(Object.values(state.suggested), suggested);
  assert.equal(state.history.length, 27);
});

test('the record is written in pieces, any of them twice, and read back whole; other entries in their place are refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-decisions-'));
  try {
    const store = openStore(folder);
    const { record } = play(asha, 1);
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [0, 3],
      [4, record.length],
    ] as const)
      await writeDecisions(store, 's', from, record.slice(from, to));
    assert.deepEqual(await readDecisions(store, 's'), record);
    await assert.rejects(writeDecisions(store, 's', 3, record.slice(4, 6)), /000000003\.json records other decisions/);
    await writeDecisions(store, 's', record.length + 5, record.slice(0, 1));
    assert.deepEqual(await readDecisions(store, 's'), record);
    assert.deepEqual(await readDecisions(store, 'none'), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});
