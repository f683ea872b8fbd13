import { tidy } from '@tensorflow/tfjs-core';
import type { Compile } from './graph/types.ts';
import { listOf, namesOf, takeNamed } from './tensors.ts';
import type { Tensors } from './types.ts';

/** Runs as it is, operation by operation. */
export const eager: Compile = (step) => ({ run: (...inputs) => tidy(() => step(...inputs)), replayed: false, dispose: () => {} });

export interface Named {
  run(...groups: Tensors[]): Tensors[];
  readonly replayed: boolean;
  dispose(): void;
}

/** Compiles a pure function of groups of named tensors: as a function of lists, in the order of the names of its first call. */
export function compileNamed(compile: Compile, name: string, step: (...groups: Tensors[]) => Tensors[]): Named {
  let names: string[][] | undefined;
  let resultNames: string[][] = [];
  const compiled = compile((...list) => {
    const results = step(...(names ?? []).map((group) => takeNamed(group, list)));
    resultNames = results.map(namesOf);
    return results.flatMap(listOf);
  }, name);
  return {
    run(...groups) {
      names ??= groups.map(namesOf);
      const list = compiled.run(...groups.flatMap(listOf));
      return resultNames.map((group) => takeNamed(group, list));
    },
    get replayed() { return compiled.replayed; },
    dispose: () => compiled.dispose(),
  };
}
