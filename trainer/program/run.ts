/**
 * An attempt at a trial: a program from its start to its end, or to the step that is asked for. What it says comes as
 * events; how it ends is the generator's result, or an error that says what it printed last.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../core/json.ts';
import type { CurvePoint } from '../../core/results.ts';
import { UserError } from '../../core/errors.ts';
import { ComputingFailed } from '../failures.ts';
import { pack } from './archive.ts';
import { argumentsOf, commandProblem, type ArgumentStyle } from './command.ts';
import { programCourse, type Said } from './course.ts';
import { programEnvironment, secretsFrom } from './environment.ts';
import { startGroup, takenBy, type Group } from './group.ts';
import { layOut, type Checkpoint, type Files, type Layout } from './layout.ts';
import { wholeLines } from './lines.ts';
import { keptOutput, replaced, secretsOf, type Output, type Replacements } from './output.ts';
import { tailOf } from './tail.ts';

export interface Attempt {
  command: readonly string[];
  arguments: ArgumentStyle;
  files: Files;
  environment: Readonly<Record<string, string>>;
  /** Names of secrets. */
  pass: readonly string[];
  /** Names of metrics. */
  metrics: readonly string[];
  read?: Readonly<Record<string, string>> | undefined;
  seedAs?: string | undefined;
  stepsAs?: string | undefined;
  resumes: boolean;
  /** Seconds without a word after which it is ended. */
  silence?: number | undefined;
  /** Bytes that its processes may have together. */
  memory?: number | undefined;
  parameters: JsonObject;
  seed: number;
  trialId: string;
  /** Where it goes on; left out: from its beginning. */
  resume?: Checkpoint | undefined;
  toStep: number;
  maxSteps: number;
}

export interface Surroundings {
  /** Aborted: it is asked to save a checkpoint and end. */
  signal: AbortSignal;
  /** The worker's environment. */
  env: NodeJS.ProcessEnv;
  /** The folder of clients for Python. */
  python: string;
  /** It says something, or computes. */
  onAlive(): void;
  /** All that is kept of what it has printed, whenever that is more. */
  onOutput(text: string): void;
  /** How long it may take to end once it is asked to, in milliseconds. */
  graceMs?: number;
}

/** `values`: of a point that is not yet whole. `savable`: a checkpoint, once all is said of the steps up to it. */
export type ProgramEvent =
  | { values: CurvePoint }
  | { point: CurvePoint }
  | { savable: Checkpoint }
  | { warning: string };

/** `paused`: at toStep, or because it was asked to. */
export interface ProgramEnd {
  status: 'completed' | 'diverged' | 'paused';
  /** The last whole point's, or the one that is not finite. */
  step: number;
  /** The last checkpoint up to it. */
  saved?: Checkpoint | undefined;
}

const POLL_MS = 100;
const LOOK_MS = 1000;
const GRACE_MS = 30_000;
/** For pipes to say that they have ended, once nobody holds them. */
const DRAIN_MS = 2000;
/** Of a processor: far more than a process needs that waits. */
const SHARE = 0.01;
const MOST_LINE = 64 * 1024;
const MOST_METRICS = 512 * 2 ** 20;
/** Of one attempt. A program that writes nonsense writes it again and again. */
const MOST_WARNINGS = 50;
const LAST_LINES = 5;

/** Why we end it. `passed`: it went beyond the step that was asked for. */
type Ending = { as: 'stopped' | 'passed' } | { as: 'diverged'; step: number } | { as: 'failed'; why: string };

export async function* runProgram(attempt: Attempt, around: Surroundings): AsyncGenerator<ProgramEvent, ProgramEnd> {
  const layout = await layOut({
    files: attempt.files,
    parameters: {
      parameters: parametersOf(attempt),
      seed: attempt.seed,
      trial: attempt.trialId,
      step: attempt.resume?.step ?? 0,
      toStep: attempt.toStep,
    },
    resume: attempt.resume,
  });
  try {
    return yield* runIn(layout, attempt, around);
  } finally {
    await layout.remove();
  }
}

const parametersOf = ({ parameters, seedAs, stepsAs, seed, toStep }: Attempt): JsonObject => ({
  ...parameters,
  ...(seedAs !== undefined && { [seedAs]: seed }),
  ...(stepsAs !== undefined && { [stepsAs]: toStep }),
});

async function begin(layout: Layout, attempt: Attempt, { env, python }: Surroundings): Promise<Group> {
  const { command, arguments: style, environment: given, pass, seed, resume, toStep } = attempt;
  const environment = programEnvironment({
    ...{ worker: env, given, pass, layout, seed, toStep, python },
    step: resume?.step ?? 0,
  });
  const [name = ''] = command;
  const problem = commandProblem(name, layout.files, environment['PATH']);
  if (problem !== undefined) throw new UserError(`program.command: ${JSON.stringify(name)}: ${problem}`);
  const words = [...command, ...argumentsOf(style, parametersOf(attempt))];
  return startGroup(words, { cwd: layout.files, env: environment, folder: layout.folder });
}

async function* runIn(
  layout: Layout,
  attempt: Attempt,
  around: Surroundings,
): AsyncGenerator<ProgramEvent, ProgramEnd> {
  const { signal, env, onAlive, onOutput, graceMs = GRACE_MS } = around;
  const { toStep, maxSteps, resume, resumes } = attempt;
  const hidden: Replacements = [
    ...secretsOf(Object.values(secretsFrom(env, attempt.pass))),
    [layout.folder, ''], // another in each attempt: the same mistake is the same line
  ];
  const output = keptOutput(hidden);
  const course = programCourse({ ...attempt, from: resume?.step, hide: (text) => replaced(text, hidden) });
  const group = await begin(layout, attempt, around);
  const wake = waker();

  let heardAt = performance.now();
  const said: Said[] = [];
  const heard = () => {
    heardAt = performance.now(); // and no more: what prints gigabytes would keep us from all else
  };
  const drained = listen(
    group,
    output,
    (line) => said.push(...course.printed(line)),
    heard,
    attempt.read !== undefined,
  );
  let exit: Awaited<Group['ended']> | undefined;
  void group.ended.then((how) => {
    exit = how;
    wake.up();
  });

  let ending: Ending | undefined;
  let killAt = Infinity;
  const end = (why: Ending, grace: number) => {
    if (ending !== undefined) return;
    ending = why;
    killAt = performance.now() + grace;
    if (grace > 0) group.signal('SIGTERM');
    wake.up();
  };
  const onAbort = () => end({ as: 'stopped' }, graceMs);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);

  let last = resume?.step ?? 0; // the last whole point's step
  let saved: Checkpoint | undefined; // the last that may be gone on from
  let waiting: Checkpoint | undefined; // one of a step of which not all is said
  let warnings = 0;
  function* warn(message: string): Generator<ProgramEvent> {
    warnings++;
    if (warnings > MOST_WARNINGS) return;
    const more = warnings === MOST_WARNINGS ? '; further lines are not told of' : '';
    const line = replaced(`${message}${more}`, hidden);
    output.note(line);
    yield { warning: line };
  }
  /** Packed at once: the program may remove it as soon as it has another. */
  async function* keep(step: number): AsyncGenerator<ProgramEvent> {
    const refuse = (why: string) => warn(`checkpoint ${step} is left out: ${why}`);
    if (!resumes) return yield* refuse('the sweep file does not say "resumes": true');
    try {
      const folder = await pack(join(layout.checkpoint, String(step)));
      if (folder.entries.length === 0) return yield* refuse(`the folder ${step} in SWEEP_CHECKPOINT is empty`);
      yield* settle(true);
      waiting = { step, folder };
      yield* settle(false);
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isGone && (await hasLater(layout, step))) return undefined; // it is done with already
      yield* refuse(`the folder ${step} in SWEEP_CHECKPOINT ${isGone ? 'is not there' : (error as Error).message}`);
    }
    return undefined;
  }
  function* settle(all: boolean): Generator<ProgramEvent> {
    if (waiting === undefined || !(all || last >= waiting.step)) return;
    if (waiting.step <= toStep) {
      saved = waiting;
      yield { savable: waiting };
    }
    waiting = undefined;
  }
  async function* happened(one: Said): AsyncGenerator<ProgramEvent> {
    if (ending?.as === 'diverged' || ending?.as === 'failed') return;
    if ('warning' in one) yield* warn(one.warning);
    else if ('diverged' in one) {
      output.note(`${one.metric} is not finite at step ${one.diverged}`);
      end({ as: 'diverged', step: one.diverged }, 0);
    } else if ('checkpoint' in one) yield* keep(one.checkpoint);
    else {
      const point = 'point' in one ? one.point : one.values;
      if (point.step > toStep) return end({ as: 'passed' }, graceMs);
      if ('values' in one) return yield one;
      last = point.step;
      yield one;
      yield* settle(false);
    }
    return undefined;
  }
  const tail = tailOf(layout.metrics);
  const lines = wholeLines(MOST_LINE);
  /** What it has said since; `all`: it says no more. */
  async function* news(all: boolean): AsyncGenerator<ProgramEvent> {
    for (;;) {
      const chunks = await tail();
      if (chunks.length === 0) break;
      heard();
      for (const chunk of chunks)
        for (const line of lines.add(chunk)) for (const one of course.line(line)) yield* happened(one);
    }
    if (all) for (const line of lines.rest()) for (const one of course.line(line)) yield* happened(one);
    for (const one of said.splice(0)) yield* happened(one);
    if (!all) return;
    for (const one of course.end()) yield* happened(one);
    yield* settle(true);
  }

  let told = 0;
  const tell = () => {
    if (output.version() === told) return;
    told = output.version();
    onOutput(output.text());
  };
  const look = watch(
    group,
    attempt,
    layout,
    () => heardAt,
    (why) => end({ as: 'failed', why }, 0),
    onAlive,
  );
  try {
    let lookAt = performance.now() + LOOK_MS;
    while (exit === undefined) {
      await wake.within(POLL_MS);
      yield* news(false);
      const now = performance.now();
      if (ending !== undefined && now >= killAt) {
        await group.kill();
        killAt = Infinity;
      }
      if (now < lookAt) continue;
      lookAt = now + LOOK_MS;
      tell();
      if (ending === undefined) await look();
      else onAlive();
    }
    await group.kill(); // what it has left behind
    await Promise.race([drained, sleep(DRAIN_MS, undefined, { ref: false })]);
    yield* news(true);
    return { ...endOf(exit, ending, { last, toStep, maxSteps, attempt, output }), saved };
  } finally {
    signal.removeEventListener('abort', onAbort);
    await group.kill();
    tell();
  }
}

/** Whether the program has saved a later checkpoint, and need not have kept this one. */
const hasLater = async ({ checkpoint }: Layout, step: number): Promise<boolean> =>
  (await readdir(checkpoint)).some((name) => /^\d+$/.test(name) && Number(name) > step);

interface Standing {
  last: number;
  toStep: number;
  maxSteps: number;
  attempt: Attempt;
  output: Output;
}

function endOf(
  { code, signal }: Awaited<Group['ended']>,
  ending: Ending | undefined,
  { last, toStep, maxSteps, attempt, output }: Standing,
): ProgramEnd {
  if (ending?.as === 'diverged') return { status: 'diverged', step: ending.step };
  const printed = output.last(LAST_LINES).join(' | ');
  const lastly = printed === '' ? 'it printed nothing' : `it printed last: ${printed}`;
  const name = attempt.command.join(' ');
  const after = last === 0 ? 'before its first step' : `after step ${last} of ${toStep}`;
  if (ending?.as === 'failed') throw new ComputingFailed(`${name} ${ending.why}, ${after}; ${lastly}`);
  const isThere = last >= toStep;
  if ((code === 0 || ending?.as === 'passed') && isThere)
    return { status: toStep >= maxSteps ? 'completed' : 'paused', step: last };
  if (ending?.as === 'stopped') return { status: 'paused', step: last };
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  if (code !== 0) throw new ComputingFailed(`${name} ${how} ${after}; ${lastly}`);
  const needed = `needed: ${attempt.metrics.join(', ')} of step ${toStep}`;
  throw new ComputingFailed(
    last === (attempt.resume?.step ?? 0)
      ? `${name} ended without a metric; ${needed}; ${lastly}`
      : `${name} ended ${after}; ${needed}; ${lastly}`,
  );
}

/** Takes what the program prints, for as long as it does: it is never kept waiting. Resolves once both streams end. */
function listen(
  { stdout, stderr }: Group,
  output: Output,
  onLine: (line: string) => void,
  onHeard: () => void,
  reads: boolean,
): Promise<unknown> {
  const lines = wholeLines(MOST_LINE);
  stdout.on('data', (chunk: Buffer) => {
    output.add(chunk);
    if (reads) for (const line of lines.add(chunk)) onLine(line.toString('utf8'));
    onHeard();
  });
  stderr.on('data', (chunk: Buffer) => {
    output.add(chunk);
    onHeard();
  });
  const closed = [stdout, stderr].map((stream) => new Promise<void>((resolve) => stream.once('close', resolve)));
  return Promise.all(closed).then(() => {
    if (reads) for (const line of lines.rest()) onLine(line.toString('utf8'));
  });
}

/** Looks whether it lives, and within its limits. */
function watch(
  group: Group,
  { silence, memory }: Attempt,
  { metrics }: Layout,
  heardAt: () => number,
  fail: (why: string) => void,
  onAlive: () => void,
): () => Promise<void> {
  let before = { at: performance.now(), seconds: 0 };
  let seenAt = heardAt();
  return async () => {
    const taken = await takenBy(group.pid);
    const now = performance.now();
    const quiet = (now - heardAt()) / 1000;
    if (silence !== undefined && quiet >= silence) return fail(`has said nothing for ${silence} seconds`);
    if (memory !== undefined && (taken?.bytes ?? 0) > memory)
      return fail(`used more than the ${memory.toLocaleString('en-US')} bytes of memory that it may have`);
    if (((await stat(metrics).catch(() => undefined))?.size ?? 0) > MOST_METRICS)
      return fail('has written more than 512 MiB to SWEEP_METRICS');
    const computes = taken === undefined || taken.seconds - before.seconds >= (SHARE * (now - before.at)) / 1000;
    const says = heardAt() > seenAt;
    if (says || computes || silence !== undefined) onAlive();
    before = { at: now, seconds: taken?.seconds ?? 0 };
    seenAt = heardAt();
    return undefined;
  };
}

/** Sleeps until somebody wakes it, but no longer than so many milliseconds. */
function waker(): { up(): void; within(ms: number): Promise<void> } {
  let wake = () => {};
  let isUp = false;
  return {
    up() {
      isUp = true;
      wake();
    },
    async within(ms) {
      if (!isUp) {
        const woken = new AbortController();
        wake = () => woken.abort();
        await sleep(ms, undefined, { signal: woken.signal }).catch(() => {});
        wake = () => {};
      }
      isUp = false;
    },
  };
}
