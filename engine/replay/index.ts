/** Record once, replay as one graph: see compile.ts. */
export { compile, compiler } from './compile.ts';
export { eager } from './eager.ts';
export type { Compile, Compiled, TensorFunction } from './types.ts';
