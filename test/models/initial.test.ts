/** Initial weights: Glorot and Bengio 2010, equation (16). */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { glorot, glorotGates } from '../../models/initial.ts';
import { stream } from '../../models/random.ts';
import { useBackend } from '../support/backend.ts';

before(() => useBackend('cpu'));

test("are uniform between ± √(6 / (inputs + outputs)), with that distribution's mean and variance, 2 / (inputs + outputs)", () => {
  for (const [inputs, outputs] of [
    [100, 200],
    [200, 100],
    [128, 128],
  ] as const) {
    const values = [...glorot(inputs, outputs, stream(1, 'init')).dataSync()];
    const bound = Math.sqrt(6 / (inputs + outputs));
    assert.equal(values.length, inputs * outputs);
    assert.ok(Math.max(...values) <= bound && Math.max(...values) > 0.99 * bound, `${Math.max(...values)} of ${bound}`);
    assert.ok(
      Math.min(...values) >= -bound && Math.min(...values) < -0.99 * bound,
      `${Math.min(...values)} of ${-bound}`,
    );
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    assert.ok(Math.abs(mean) < 0.02 * bound, `${mean}`);
    assert.ok(Math.abs(variance / (2 / (inputs + outputs)) - 1) < 0.03, `${variance}`);
  }
});

test("of a layer's gates are each drawn for its own size, and differ", () => {
  const [inputs, outputs, gates] = [30, 40, 4];
  const all = glorotGates(inputs, outputs, gates, stream(1, 'init'));
  assert.deepEqual(all.shape, [inputs, gates * outputs]);
  const rows = all.arraySync();
  const [first, second] = [0, 1].map((gate) => rows.map((row) => row.slice(gate * outputs, (gate + 1) * outputs)));
  assert.notDeepEqual(first, second);
  const most = Math.max(...rows.flat().map(Math.abs));
  assert.ok(most <= Math.sqrt(6 / (inputs + outputs)) && most > 0.99 * Math.sqrt(6 / (inputs + outputs)), `${most}`);
});
