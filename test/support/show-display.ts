/**
 * Looks at the displays without training anything: node --import tsx test/support/show-display.ts [live|plain|json]
 * [speed-up]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { countTrials } from '../../core/plan.ts';
import { jsonDisplay } from '../../cli/ui/json.ts';
import { liveDisplay } from '../../cli/ui/live.ts';
import { plainDisplay } from '../../cli/ui/plain.ts';
import { styleOf } from '../../cli/ui/style.ts';
import { track } from '../../orchestrate/track.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec } from './example-run.ts';
import { simulate } from './simulated-sweep.ts';

const [kind = 'live', speedUp = '20', slots = '2'] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'sweep-display-'));
const store = openStore(folder);
const style = styleOf(process.stdout);
const began = Date.now();
const simulated = { seconds: 0 };
const now = () => began + simulated.seconds * 1000;
const print = (line: string) => process.stdout.write(`${line}\n`);
const display =
  kind === 'json'
    ? jsonDisplay(print)
    : kind === 'plain'
      ? plainDisplay(print, style)
      : liveDisplay(process.stdout, style, { now });
const sweepId = 'rnn-vs-lstm-7f3a0c11';

display.open({
  spec: exampleSpec,
  sweepId,
  total: countTrials(exampleSpec),
  attached: false,
  cached: 6,
  backend: 'tensorflow 2.21.0 cpu',
  slots: Number(slots),
  estimate: 420,
  url: `http://localhost:8233/namespaces/default/workflows/${sweepId}`,
});
const snapshots = simulate({
  spec: exampleSpec,
  sweepId,
  store,
  slots: Number(slots),
  tick: Number(speedUp) / 2,
  diverging: [13],
  failing: [20],
  beforeSnapshot: async (elapsed) => {
    simulated.seconds = elapsed;
    await sleep(500);
  },
});
try {
  for await (const { view, ended, first } of track({ spec: exampleSpec, store, snapshots, began, now })) {
    display.show(view, first ? [] : ended);
    if (view.snapshot.state !== 'running') display.end(view, `runs/${sweepId}/report/report.html`);
  }
} finally {
  display.close();
  await rm(folder, { recursive: true });
}
