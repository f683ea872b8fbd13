export { eager } from './replay/eager.ts';
import type { Compile } from './replay/types.ts';
import { listOf, namesOf, takeNamed, type Tensors } from './tensors.ts';

export interface Named {
  run(...groups: Tensors[]): Tensors[];
  /** With a lane axis in front of every tensor, if there are more lanes than one. */
  runLanes(count: number, ...groups: Tensors[]): Tensors[];
  readonly replayed: boolean;
  dispose(): void;
}

/**
 * Compiles a pure function of groups of named tensors: as a function of lists, in the order of the names of its first
 * call.
 */
export function compileNamed(compile: Compile, name: string, step: (...groups: Tensors[]) => Tensors[]): Named {
  let names: string[][] | undefined;
  let resultNames: string[][] = [];
  const compiled = compile((...list) => {
    const results = step(...(names ?? []).map((group) => takeNamed(group, list)));
    resultNames = results.map(namesOf);
    return results.flatMap(listOf);
  }, name);
  function runLanes(count: number, ...groups: Tensors[]): Tensors[] {
    names ??= groups.map(namesOf);
    const run = count === 1 ? compiled.run : compiled.lanes(count);
    const list = run(...groups.flatMap(listOf));
    return resultNames.map((group) => takeNamed(group, list));
  }
  return {
    run: (...groups) => runLanes(1, ...groups),
    runLanes,
    get replayed() {
      return compiled.replayed;
    },
    dispose: () => compiled.dispose(),
  };
}
