/**
 * What a program's environment is: a few variables of the worker that say where things are, those that its sweep gives
 * it, and what it is told. Others of the worker would make results depend on whose shell it was started from.
 */
import { UserError } from '../../core/errors.ts';
import type { Layout } from './layout.ts';

/** Where programs, homes, languages and devices are. */
const TAKEN =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|DYLD_\w+|XDG_\w+|VIRTUAL_ENV|CONDA_\w+|PYENV_\w+|JULIA_DEPOT_PATH|R_LIBS\w*|CUDA_\w+|NVIDIA_\w+|ROCR_\w+|HIP_\w+)$/;

export interface EnvironmentOptions {
  worker: NodeJS.ProcessEnv;
  /** As the sweep file gives them. */
  given: Readonly<Record<string, string>>;
  /** Names of secrets, which the worker has. */
  pass: readonly string[];
  layout: Layout;
  seed: number;
  step: number;
  toStep: number;
  /** The folder of clients for Python. */
  python: string;
}

/** Values of secrets, by name. Throws a UserError that names one that this worker has not. */
export function secretsFrom(worker: NodeJS.ProcessEnv, pass: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pass.map((name) => {
      const value = worker[name];
      if (value === undefined)
        throw new UserError(`program.pass: ${name} is not in this worker's environment; start it where it is set`);
      return [name, value];
    }),
  );
}

export function programEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { worker, given, pass, layout, seed, step, toStep, python } = options;
  const taken = Object.entries(worker).filter(([name, value]) => TAKEN.test(name) && value !== undefined);
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...(Object.fromEntries(taken) as Record<string, string>),
    PYTHONUNBUFFERED: '1', // lines come when they are printed, not when it ends
    PYTHONDONTWRITEBYTECODE: '1', // beside read-only files
    ...given,
    ...secretsFrom(worker, pass),
    PYTHONPATH: [python, given['PYTHONPATH']].filter(Boolean).join(':'),
    SWEEP_PARAMETERS: layout.parameters,
    SWEEP_METRICS: layout.metrics,
    SWEEP_CHECKPOINT: layout.checkpoint,
    SWEEP_SEED: String(seed),
    SWEEP_STEP: String(step),
    SWEEP_TO_STEP: String(toStep),
  };
}
