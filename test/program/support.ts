/** Attempts at trials of programs that a test writes as text. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CurvePoint } from '../../core/results.ts';
import type { Attempt, ProgramEnd, Surroundings } from '../../trainer/program/attempt.ts';
import type { Checkpoint } from '../../trainer/program/layout.ts';
import { runProgram } from '../../trainer/program/run.ts';

export const PYTHON = fileURLToPath(new URL('../../clients/python', import.meta.url));

export interface Story {
  end?: ProgramEnd;
  error?: Error;
  points: CurvePoint[];
  checkpoints: Checkpoint[];
  warnings: string[];
  /** What is kept of its output. */
  output: string;
  alive: number;
}

/** `python`: the program's text; `sh`: of a shell script. */
export async function tell(
  script: { python: string } | { sh: string },
  changes: Partial<Attempt> = {},
  around: Partial<Surroundings> & { onEvent?(story: Story): void } = {},
): Promise<Story> {
  const [name, text, interpreter] =
    'python' in script ? ['train.py', script.python, 'python3'] : ['train.sh', script.sh, 'sh'];
  const story: Story = { points: [], checkpoints: [], warnings: [], output: '', alive: 0 };
  const events = runProgram(
    {
      command: [interpreter, name],
      arguments: 'flags',
      files: new Map([[name, Buffer.from(text)]]),
      environment: {},
      pass: [],
      metrics: ['accuracy', 'loss'],
      resumes: false,
      parameters: {},
      seed: 7,
      trialId: 'a'.repeat(20),
      toStep: 3,
      maxSteps: 3,
      ...changes,
    },
    {
      signal: new AbortController().signal,
      env: process.env,
      python: PYTHON,
      onAlive: () => void story.alive++,
      onOutput: (output) => void Object.assign(story, { output }),
      ...around,
    },
  );
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        story.end = value;
        return story;
      }
      if ('point' in value) story.points.push(value.point);
      if ('savable' in value) story.checkpoints.push(value.savable);
      if ('warning' in value) story.warnings.push(value.warning);
      around.onEvent?.(story);
    }
  } catch (error) {
    return { ...story, error: error as Error };
  }
}

/** Processes whose command line has a word. */
export function processesWith(word: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word) && Number(pid) !== process.pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}
