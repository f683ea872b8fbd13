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
];
