import type { Mutant } from './types.ts';

/** Of places, machines and surroundings: what must not decide where results go, or what they say of themselves. */
export const mutants: readonly Mutant[] = [
  {
    what: 'a copied runs folder keeps the id of the one it is of',
    file: 'store/identity.ts',
    find: 'const copyOf = (id: string, here: Place): Identity => ({\n  id: hashJson({ copyOf: id, ...here }).slice(0, 8),\n  place: here,\n});',
    replace: 'const copyOf = (id: string, here: Place): Identity => ({ id, place: here });',
    noticedBy: ['test/store/identity.test.ts'],
  },
  {
    what: 'a runs folder that was moved gets another id',
    file: 'store/identity.ts',
    find: 'return place.inode === here.inode ? { id, place: here } : copyOf(id, here);',
    replace: 'return copyOf(id, here);',
    noticedBy: ['test/store/identity.test.ts'],
  },
  {
    what: 'a folder that two machines share under two paths has two ids',
    file: 'store/identity.ts',
    find: 'if (place.machine !== here.machine || place.path === here.path) return known;',
    replace: 'if (place.path === here.path) return known;',
    noticedBy: ['test/store/identity.test.ts'],
  },
  {
    what: 'a runs folder that was moved away is made again where it was',
    file: 'store/folder.ts',
    find: 'if (seen && !(await isThere(path)))',
    replace: 'if (false)',
    noticedBy: ['test/store/identity.test.ts'],
  },
  {
    what: 'a worker goes on where its runs folder no longer is',
    file: 'orchestrate/worker.ts',
    find: 'if ((await knownStoreId(store)) === id) return;',
    replace: 'if (id !== undefined) return;',
    noticedBy: ['test/store/places.test.ts'],
  },
  {
    what: 'cancel finds nothing to cancel in a sweep whose report cannot be written',
    file: 'orchestrate/cancel.ts',
    find: 'if (stuck !== undefined) {',
    replace: "if (stuck === '') {",
    noticedBy: ['test/store/places.test.ts'],
  },
  {
    what: 'a sweep that ended paused is extended paused',
    file: 'orchestrate/start-workflow.ts',
    find: '  await writeControl(store, sweepId, await controlFor(store, sweepId, false)); // which the outcome decides, and that goes next\n',
    replace: '',
    noticedBy: ['test/store/places.test.ts'],
  },
  {
    what: 'ONEDNN_MAX_CPU_ISA gives a processor instructions that it has not',
    file: 'engine/backends/instructions.ts',
    find: 'NEEDED.every((flag) => flags.has(flag)) && !UP_TO_AVX2.test(limit)',
    replace: "(limit === 'AVX512_CORE' || NEEDED.every((flag) => flags.has(flag))) && !UP_TO_AVX2.test(limit)",
    noticedBy: ['test/trainer/decides.test.ts'],
  },
  {
    what: 'results do not name the variables that made them other ones',
    file: 'engine/backends/environment.ts',
    find: "  return [\n    'tensorflow',\n    version,\n    kind,\n    ...(kind === 'cpu' ? [instructions() ?? process.arch] : []),\n    ...deciding(kind),\n  ].join(' ');",
    replace:
      "  return ['tensorflow', version, kind, ...(kind === 'cpu' ? [instructions() ?? process.arch] : [])].join(' ');",
    noticedBy: ['test/trainer/decides.test.ts'],
  },
  {
    what: 'a warm worker is kept whatever variables it was started with',
    file: 'orchestrate/environment.ts',
    find: 'return hashJson(Object.fromEntries(read));',
    replace: 'return hashJson(read.length > 1e6);',
    noticedBy: ['test/trainer/decides.test.ts'],
  },
  {
    what: 'GIT_DIR decides which commit provenance names',
    file: 'reports/provenance.ts',
    find: "!name.startsWith('GIT_') || HARMLESS.includes(name)",
    replace: "name !== '' || HARMLESS.includes(name)",
    noticedBy: ['test/trainer/decides.test.ts'],
  },
  {
    what: 'what runs on another machine is taken for dead',
    file: 'server/supervise.ts',
    find: '  if (record.host !== undefined && record.host.processes !== thisHost().processes)\n    return statusElsewhere(record, name, folder);',
    replace: '  if (record.host === null) return statusElsewhere(record, name, folder);',
    noticedBy: ['test/server/hosts.test.ts'],
  },
  {
    what: 'what lives on another machine is started a second time',
    file: 'server/supervise.ts',
    find: 'if ((await beatAt(name, folder)) !== before) throw new UserError(otherwise);',
    replace: 'if ((await beatAt(name, folder)) !== before) return;',
    noticedBy: ['test/server/hosts.test.ts'],
  },
  {
    what: 'a supervisor goes on though another machine has taken its place',
    file: 'server/supervisor.js',
    find: '  if (!isOurs()) return stop();\n',
    replace: '',
    noticedBy: ['test/server/hosts.test.ts'],
  },
];
