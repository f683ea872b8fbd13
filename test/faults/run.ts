/**
 * `npm run test:faults [-- --schedules 100 --seed 1 --jobs 2 --json FILE]`: sweeps that are struck by faults at random
 * moments, and what became of them. Ends with 1 if any of them lost a result, has one twice or other ones.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { faults } from './faults.ts';
import { scheduleOf } from './schedule.ts';
import { suffer, undisturbed, type Suffered } from './suffer.ts';
import { kinds } from './world.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});
const [count, from, seed, jobs] = [values.schedules, values.from, values.seed, values.jobs].map(Number) as [
  number,
  number,
  number,
  number,
];
const say = (line: string) => process.stdout.write(`${line}\n`);

say(`${count} schedules from ${from} on, seed ${seed}, ${jobs} at a time`);
const expected = await undisturbed();
const indices = Array.from({ length: count }, (_, i) => from + i).values();
const all: Suffered[] = [];
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (const index of indices) {
      const suffered = await suffer(scheduleOf(seed, index), expected);
      all.push(suffered);
      const verdict = suffered.problem === undefined ? 'good' : 'BAD ';
      say(
        `${String(index).padStart(4)}  ${verdict}  ${suffered.seconds.toFixed(0).padStart(4)} s  ${suffered.schedule.kind.padEnd(7)}  ${suffered.struck.join(', ')}`,
      );
      if (suffered.problem !== undefined) say(suffered.problem);
    }
  }),
);

const bad = all.filter(({ problem }) => problem !== undefined);
say('');
say(
  `${'fault'.padEnd(22)}${'struck'.padStart(8)}${'schedules'.padStart(11)}${'bad'.padStart(6)}${'rework, most'.padStart(14)}`,
);
for (const name of Object.keys(faults)) {
  const having = all.filter(({ struck }) => struck.includes(name));
  const times = having.reduce((sum, { struck }) => sum + struck.filter((other) => other === name).length, 0);
  const wrong = having.filter(({ problem }) => problem !== undefined).length;
  const most = Math.max(0, ...having.map(({ rework }) => rework)).toFixed(1);
  say(
    `${name.padEnd(22)}${String(times).padStart(8)}${String(having.length).padStart(11)}${String(wrong).padStart(6)}${`${most} s`.padStart(14)}`,
  );
}
for (const kind of Object.keys(kinds)) {
  const having = all.filter(({ schedule }) => schedule.kind === kind);
  say(`sweep ${kind}: ${having.length} schedules, ${having.filter(({ problem }) => problem !== undefined).length} bad`);
}
say(`\n${all.length} schedules, ${all.reduce((sum, { struck }) => sum + struck.length, 0)} faults, ${bad.length} bad`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ seed, expected, all }, null, 2)}\n`);
process.exitCode = bad.length === 0 && all.length === count ? 0 : 1;
