/**
 * An attempt at a trial: a program from its start to its end, or to the step that is asked for. What it says comes as
 * events; how it ends is the generator's result, or an error that says what it printed last.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../core/json.ts';
import { UserError } from '../../core/errors.ts';
import type { Attempt, ProgramEnd, ProgramEvent, Surroundings } from './attempt.ts';
import { argumentsOf, commandProblem } from './command.ts';
import { Course } from './course.ts';
import { Ending, endOf } from './ending.ts';
import { programEnvironment, secretsFrom } from './environment.ts';
import { startGroup, type Group } from './group.ts';
import { layOut, type Layout } from './layout.ts';
import { Limits } from './limits.ts';
import { keptOutput, replaced, secretsOf, type Output, type Replacements } from './output.ts';
import { Progress } from './progress.ts';
import { Streams } from './streams.ts';
import { waker } from './waker.ts';

const POLL_MS = 100;
const LOOK_MS = 1000;
const GRACE_MS = 30_000;
/** For pipes to say that they have ended, once nobody holds them. */
const DRAIN_MS = 2000;

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
  const { signal, onAlive, onOutput, graceMs = GRACE_MS } = around;
  const hidden = hiddenIn(layout, attempt, around);
  const hide = (text: string) => replaced(text, hidden);
  const output = keptOutput(hidden);
  const course = new Course({ ...attempt, from: attempt.resume?.step, hide });

  const group = await begin(layout, attempt, around);
  const wake = waker();
  let exit: Awaited<Group['ended']> | undefined;
  void group.ended.then((how) => {
    exit = how;
    wake.up();
  });
  const streams = new Streams(course, layout.metrics);
  const drained = streams.listen(group, output, attempt.read !== undefined);
  const ending = new Ending(group, graceMs, wake.up);
  const onAbort = () => ending.begin({ as: 'stopped' });
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);

  const progress = new Progress({ attempt, checkpoints: layout.checkpoint, ending, hide, note: output.note });
  const limits = new Limits({ attempt, group, metricsFile: layout.metrics, streams, ending, onAlive });
  const tell = teller(output, onOutput);
  try {
    let lookAt = performance.now() + LOOK_MS;
    while (exit === undefined) {
      await wake.within(POLL_MS);
      for await (const said of streams.news(false)) yield* progress.take(said);
      const now = performance.now();
      await ending.enforce(now);
      if (now < lookAt) continue;
      lookAt = now + LOOK_MS;
      tell();
      await limits.look();
    }
    await group.kill(); // what it has left behind
    await Promise.race([drained, sleep(DRAIN_MS, undefined, { ref: false })]);
    for await (const said of streams.news(true)) yield* progress.take(said);
    yield* progress.settle(true);
    const { last, saved } = progress;
    return { ...endOf(exit, { attempt, reason: ending.reason, last, output }), saved };
  } finally {
    signal.removeEventListener('abort', onAbort);
    await group.kill();
    tell();
  }
}

const hiddenIn = ({ folder }: Layout, { pass }: Attempt, { env }: Surroundings): Replacements => [
  ...secretsOf(Object.values(secretsFrom(env, pass))),
  [folder, ''], // another in each attempt: the same mistake is the same line
];

/** Tells all that is kept of the output, if that has become more. */
function teller(output: Output, onOutput: (text: string) => void): () => void {
  let told = 0;
  return () => {
    if (output.version() === told) return;
    told = output.version();
    onOutput(output.text());
  };
}
