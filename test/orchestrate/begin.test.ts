/** The application without the command: what a library or a page of the web would ask of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { plannedTrials, sweepId } from '../../core/plan.ts';
import { newMachine, type Machine } from '../support/machine.ts';
import { sweepSpec } from '../support/sweep-spec.ts';

const PROGRAM = fileURLToPath(new URL('../support/own-interface.ts', import.meta.url));

let machine: Machine;
before(async () => {
  machine = await newMachine();
});
after(() => machine.stop());

test(
  'a program of another kind begins a sweep, looks on and looks back, and nothing else is printed',
  { timeout: 180_000 },
  async () => {
    const runs = join(machine.folder, 'runs');
    await machine.worker(runs); // so that it is ended with the machine
    const spec = sweepSpec({ 'model.cell': { choice: ['rnn', 'lstm'] } }, { repeats: 1 });
    spec.training = { ...spec.training, batchSize: 2, maxSteps: 4, evaluateEvery: 2, evaluationSize: 4 };
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), PROGRAM, runs, JSON.stringify(spec)],
      { env: machine.env },
    );
    assert.equal(stderr, '');
    const { ended, ...seen } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(seen, {
      steps: ['parts', 'server', 'plan', 'folder', 'workflow', 'worker'],
      sweepId: sweepId(spec),
      attached: false,
      total: 2,
      cached: 0,
      state: 'completed',
      running: false,
      status: 'completed',
      hasLeader: true,
      hasStart: true,
    });
    assert.deepEqual(ended, [...plannedTrials(spec)].map(({ label }) => label).sort());
  },
);
