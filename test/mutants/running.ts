/** Jobs and workflows: what is tried again, what is given up, what a history must say. */
import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'a job is given up however far its attempts get',
    file: 'activities/attempts.ts',
    find: 'if (attempts - (furthest?.attempt ?? 0) < MOST_IN_VAIN) return undefined;',
    replace: 'if (attempts < MOST_IN_VAIN) return undefined;',
    noticedBy: ['test/trainer/attempts.test.ts'],
  },
  {
    what: 'an attempt that gets no further counts as one that does',
    file: 'activities/attempts.ts',
    find: 'before?.trialId === trialId && step <= before.step ? before',
    replace: 'before?.trialId === trialId && step < before.step ? before',
    noticedBy: ['test/trainer/attempts.test.ts'],
  },
  {
    what: 'an extended trial goes on from beyond its end',
    file: 'trainer/network/seed.ts',
    find: '  for (let points = 1; points <= before.length; points++)\n    if (stops(before.slice(0, points), training.stopWhen)) return undefined;',
    replace: '',
    noticedBy: ['test/trainer/seed.test.ts'],
  },
  {
    what: 'the curve of a seed keeps the point at which it ended',
    file: 'trainer/network/seed.ts',
    find: 'curve.filter((point) => point.step < step && evaluatesAt(training, point.step))',
    replace: 'curve.filter((point) => point.step <= step && evaluatesAt(training, point.step))',
    noticedBy: ['test/trainer/seed.test.ts'],
  },
  {
    what: 'a history grows without end',
    file: 'workflows/dispatch.ts',
    find: '      if (isLong(setting, running.size)) {',
    replace: '      if (slots < 0 && isLong(setting, running.size)) {',
    noticedBy: ['test/replay.test.ts'],
  },
  {
    what: 'decisions are recorded at the end, not as they are made',
    file: 'workflows/adaptive.ts',
    find: '      onProgress();\n      await record.write();',
    replace: '      onProgress();',
    noticedBy: ['test/replay.test.ts'],
  },
  {
    what: 'what people set is not written down',
    file: 'workflows/steering.ts',
    find: 'this.recording = this.recording.then(() => bookkeeping.recordControl({ sweepId, control: this.control }));',
    replace: '',
    noticedBy: ['test/replay.test.ts'],
  },
  {
    what: 'a sweep that is cancelled has no end',
    file: 'workflows/sweep.ts',
    find: "    await steering.finish(\n      isCancellation(error) ? 'cancelled' : 'failed',\n      isCancellation(error) ? undefined : (rootCause(error) ?? String(error)),\n    );",
    replace: "    if (!isCancellation(error)) await steering.finish('failed', rootCause(error) ?? String(error));",
    noticedBy: ['test/replay.test.ts'],
  },
];
