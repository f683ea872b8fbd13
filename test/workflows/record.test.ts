/**
 * The record of an adaptive sweep as the workflow writes it, on a real Temporal server with trainers that train
 * nothing.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { audit, standingOf, storyOf } from '../../core/explain.ts';
import { searchOf } from '../../core/search/index.ts';
import { readDecisions } from '../../store/decisions.ts';
import { newLaboratory, workers, type Laboratory } from '../support/laboratory.ts';

for (const [worker, options] of Object.entries(workers))
  describe(`an adaptive sweep with ${worker}`, () => {
    let lab: Laboratory;
    before(async () => {
      lab = await newLaboratory(options);
    });
    after(() => lab?.stop());

    const searches = {
      random: { name: 'random', trials: 12 },
      tpe: { name: 'tpe', trials: 12, startup: 4, candidates: 8, gamma: 0.25 },
    };
    for (const [name, search] of Object.entries(searches)) {
      test(`of a ${name} search leaves a whole record, which holds`, async () => {
        const spec = await lab.start(`recorded-${name}`, {
          search,
          space: { 'training.learningRate': { logUniform: [0.001, 1] } },
          scheduler: { name: 'asha', eta: 3, minSteps: 100, skipRungs: 0 },
          repeats: 3,
          budget: { maxConcurrent: 1 }, // so that at times there is nothing to write
        });
        const { state } = await lab.ended(`recorded-${name}`);
        assert.equal(state, 'completed');
        const record = await readDecisions(lab.store, `recorded-${name}`);
        assert.equal(audit(spec, record), undefined);
        for (let i = 0; i < searchOf(spec).count(spec); i++)
          assert.match(standingOf(storyOf(record, i)), /^(stopped|complete)$/, `configuration ${i}`);
      });
    }
  });
