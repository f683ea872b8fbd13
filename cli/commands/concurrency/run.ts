/** `sweep concurrency`. */
import { concurrencyProblem } from '../../../core/control.ts';
import { UserError } from '../../../core/errors.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { steerSweep } from '../../../orchestrate/steer.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { sayOf } from '../../ui/output.ts';
import { plural } from '../../ui/text.ts';

export async function concurrency(given: string, text: string, options: RunsOptions): Promise<void> {
  const jobs = /^\d+$/.test(text) ? Number(text) : NaN;
  const problem = concurrencyProblem(Number.isNaN(jobs) ? JSON.stringify(text) : jobs);
  if (problem !== undefined) throw new UserError(problem, 2);
  const store = openStore(options.runs);
  const sweepId = await findSweep(store, given);
  const { changed } = await steerSweep(store, sweepId, ['concurrency', jobs]);
  const line = `runs at most ${plural(jobs, 'job')} at a time${changed ? '' : ', as before'}.`;
  sayOf(sweepId, options, line, { maxConcurrent: jobs, changed });
}
