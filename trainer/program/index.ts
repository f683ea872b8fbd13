/** The kind of trainer whose trials are runs of somebody's program. */
import { fileURLToPath } from 'node:url';
import { UserError } from '../../core/errors.ts';
import { bytesOf, secondsOf } from '../../core/duration.ts';
import { hashJson } from '../../core/json.ts';
import { decidingOf } from '../../core/plan.ts';
import type { Metrics, Resumable, TrainerState } from '../../core/results.ts';
import type { ProgramSpec, ProgramTrial } from '../../core/spec.ts';
import { readProgramFile, writeLog } from '../../store/programs.ts';
import { readSpec } from '../../store/runs.ts';
import type { LaneEvent, RunFolder, Trainer, TrainerLane, TrainOptions } from '../types.ts';
import type { Entry } from './archive.ts';
import type { Attempt, ProgramEnd } from './attempt.ts';
import { origin } from './origin.ts';
import type { Checkpoint } from './layout.ts';
import { runProgram } from './run.ts';

const PYTHON = fileURLToPath(new URL('../../clients/python', import.meta.url));

/** How often what it has printed is kept, in milliseconds. */
const LOG_EVERY_MS = 2000;

export async function openProgram(): Promise<Trainer> {
  return {
    origin: () => origin,
    train,
    // What it is at a step is a function of the trial but for its last step, if it does not look at that; as ours are.
    seedOf: (_, shorter) => shorter,
  };
}

const stateOf = ({ step, folder: { entries, bytes } }: Checkpoint): TrainerState => ({
  about: { checkpoint: step, files: entries },
  bytes,
});

function checkpointOf({ state }: Resumable): Checkpoint | undefined {
  const { checkpoint, files } = state.about as { checkpoint?: number; files?: Entry[] };
  return checkpoint === undefined || files === undefined
    ? undefined
    : { step: checkpoint, folder: { entries: files, bytes: state.bytes } };
}

/**
 * The program as the sweep's folder has it. A job says what it is to run too, and whoever can send one could have it
 * run anything: what it says must be what the folder says.
 */
async function programOf({ store, sweepId }: RunFolder, trial: ProgramTrial): Promise<ProgramSpec> {
  const spec = await readSpec(store, sweepId);
  if (spec?.program === undefined || hashJson(decidingOf(spec.program)) !== hashJson(trial.program))
    throw new UserError(`${sweepId}: the run folder has no sweep of this program: it is not run`);
  return spec.program;
}

async function filesOf({ store, sweepId }: RunFolder, { hashes }: ProgramSpec): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const [path, hash] of Object.entries(hashes)) files.set(path, await readProgramFile(store, sweepId, hash));
  return files;
}

function attemptOf(given: ProgramSpec, lane: TrainerLane, files: Attempt['files'], toStep: number): Attempt {
  const { command, arguments: style, environment, pass, metrics, read, seedAs, stepsAs, resumes } = given;
  const { silence, memory } = given;
  const { parameters, seed, training } = lane.trial as ProgramTrial;
  return {
    ...{
      command,
      arguments: style,
      files,
      environment,
      pass,
      read,
      seedAs,
      stepsAs,
      resumes,
      parameters,
      seed,
      toStep,
    },
    metrics: Object.keys(metrics),
    silence: silence === undefined ? undefined : secondsOf(silence),
    memory: memory === undefined ? undefined : bytesOf(memory),
    trialId: lane.trialId,
    resume: resumes && lane.resume ? checkpointOf(lane.resume) : undefined,
    maxSteps: training.maxSteps,
  };
}

async function train(pack: readonly TrainerLane[], options: TrainOptions): Promise<AsyncIterable<LaneEvent>> {
  const [lane] = pack;
  if (lane === undefined || pack.length > 1) throw new Error('a program trains one trial at a time');
  const given = await programOf(options.folder, lane.trial as ProgramTrial);
  return events(attemptOf(given, lane, await filesOf(options.folder, given), options.toStep), lane, options);
}

async function* events(
  attempt: Attempt,
  { trialId }: TrainerLane,
  { folder, signal, onStep, onTurn }: TrainOptions,
): AsyncGenerator<LaneEvent, void, void> {
  const log = logKeeper((text) => writeLog(folder.store, folder.sweepId, trialId, text));
  const running = runProgram(attempt, {
    ...{ signal, env: process.env, python: PYTHON },
    onAlive: onTurn,
    onOutput: log.keep,
  });
  let metrics: Metrics = {};
  let end: ProgramEnd | undefined;
  try {
    while (end === undefined) {
      const { done, value } = await running.next();
      if (done) end = value;
      else if ('values' in value) onStep(new Map([[0, value.values.step]]));
      else if ('point' in value) {
        metrics = value.point.metrics;
        yield { lane: 0, report: value.point };
      } else if ('savable' in value) {
        const { savable } = value;
        yield { lane: 0, savable: { step: savable.step, state: () => stateOf(savable) } };
      }
    }
  } finally {
    await running.return({ status: 'paused', step: 0 });
    await log.end();
  }
  const { status, step, saved } = end;
  yield { lane: 0, end: { status, steps: step, metrics, saved: saved && { step: saved.step, state: stateOf(saved) } } };
}

/** Keeps the latest text every now and then, one writing after the other. What cannot be kept is no trial's end. */
function logKeeper(write: (text: string) => Promise<void>): { keep(text: string): void; end(): Promise<void> } {
  let latest: string | undefined;
  let writing: Promise<void> | undefined;
  let wroteAt = 0;
  async function flush(): Promise<void> {
    while (latest !== undefined) {
      const text = latest;
      latest = undefined;
      wroteAt = Date.now();
      await write(text).catch(() => {});
    }
    writing = undefined;
  }
  return {
    keep(text) {
      latest = text;
      if (writing === undefined && Date.now() - wroteAt >= LOG_EVERY_MS) writing = flush();
    },
    async end() {
      await writing;
      await flush();
    },
  };
}
