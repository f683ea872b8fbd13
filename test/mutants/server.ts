import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'the HTTP API of the server that comes along answers any host',
    file: 'server/embedded.ts',
    find: "'frontend.httpAllowedHosts=[\"/\"]'",
    replace: "'frontend.httpAllowedHosts=[\"*\"]'",
    noticedBy: ['test/websites.test.ts'],
  },
  {
    what: 'the Temporal UI answers any host',
    file: 'server/front.js',
    find: 'if (!HERE.test(host)) return',
    replace: 'if (HERE.test(host) && false) return',
    noticedBy: ['test/websites.test.ts'],
  },
  {
    what: 'the Temporal UI answers other websites',
    file: 'server/front.js',
    find: 'return isOwn || isLink ? undefined',
    replace: 'return isOwn || isLink || true ? undefined',
    noticedBy: ['test/websites.test.ts'],
  },
  {
    what: 'the Temporal UI listens at 127.0.0.1 itself',
    file: 'server/ports.ts',
    find: 'const host = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;',
    replace: 'const host = HOST;',
    noticedBy: ['test/websites.test.ts'],
  },
  {
    what: "a sweep's workflow takes whatever it is started with",
    file: 'workflows/sweep.ts',
    find: "refuse(sweepInputProblem(input, senderOf()), 'Impossible');",
    replace: 'sweepInputProblem(input, senderOf());',
    noticedBy: ['test/hostile-input.test.ts'],
  },
  {
    what: "a workflow that names somebody else's sweep runs in its folder",
    file: 'core/input.ts',
    find: "if (store === '') return",
    replace: "if (store === '' && false) return",
    noticedBy: ['test/hostile-input.test.ts'],
  },
  {
    what: 'a sweep that its folder refuses is written down there as failed',
    file: 'workflows/sweep.ts',
    find: 'if (isForeign(error)) throw error;',
    replace: '',
    noticedBy: ['test/hostile-input.test.ts'],
  },
  {
    what: 'a large sweep takes any signal for news of its shards',
    file: 'workflows/shards.ts',
    find: 'if (newsProblem(given) !== undefined) return;',
    replace: '',
    noticedBy: ['test/hostile-input.test.ts'],
  },
  {
    what: 'a trainer tries a trial that no sweep file can ask for',
    file: 'activities/train-job.ts',
    find: 'for (const { trial } of job.lanes) checkTrial(trial);',
    replace: '',
    noticedBy: ['test/hostile-input.test.ts'],
  },
  {
    what: 'a sweep with published numbers is refused by its workflow',
    file: 'core/form.ts',
    find: ', reference: optional(reference) })',
    replace: ' })',
    noticedBy: ['test/hostile-input.test.ts'],
  },
];
