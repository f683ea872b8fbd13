/** The run folder, typed: which key holds what, and in which order files are written. In run/, a file an idea. */
export { knownStoreId, storeId } from './identity.ts';
export * from './run/checkpoints.ts';
export * from './run/commit.ts';
export * from './run/origin.ts';
export * from './run/pinned.ts';
export * from './run/samples.ts';
export * from './run/sweep.ts';
export * from './run/texts.ts';
export {
  clearFailure,
  clearLeftovers,
  listTrials,
  readCurve,
  readFailure,
  readResult,
  readTiming,
  writeFailure,
} from './run/trial.ts';
