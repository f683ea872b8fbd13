/** Starts a sweep, looks on, extends it and prints its results: `node compare.mts`, with Node 22.18 or newer. */
import { openSweep, startSweep } from 'temporal-sweep';
import memory from './memory.mts';

const sweep = await startSweep(memory, { runs: 'runs', id: 'memory' });
for await (const { snapshot } of sweep.follow()) {
  console.log(`${snapshot.completed} of ${snapshot.total} trials`);
}

// Another program may open it by its id, now or a year later.
const again = await openSweep('memory', { runs: 'runs' });
await again.extend({ repeats: 3 });
const { snapshot } = await again.ended();
console.log(`${snapshot.state}: ${snapshot.completed} of ${snapshot.total} trials`);

for (const { configuration, repeat, status, metrics } of await again.results()) {
  console.log(JSON.stringify(configuration), `repeat ${repeat}`, status, metrics['accuracy']?.toFixed(2));
}
const best = await again.best();
console.log('best:', JSON.stringify(best?.configuration), 'report:', await again.report());
