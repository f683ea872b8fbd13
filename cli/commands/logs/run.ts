/** `sweep logs`: what a trial has said so far. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { findTrial } from '../../../orchestrate/find-trial.ts';
import { hasEnded, readTrialLog } from '../../../orchestrate/trial-log.ts';
import { openStore } from '../../../store/index.ts';
import { specOf } from '../../../store/runs.ts';
import { readSuggestions } from '../../../store/trials.ts';
import { plannedTrials } from '../../../core/plan.ts';
import { UserError } from '../../../core/errors.ts';
import { clean } from '../../../core/clean.ts';
import { say, sayJson, tell } from '../../ui/output.ts';

export interface LogsOptions {
  follow?: boolean;
  runs: string;
  json?: boolean;
}

const LOOK_MS = 500;

export async function logs(
  givenSweep: string,
  givenTrial: string,
  { runs, follow = false, json = false }: LogsOptions,
  signal: AbortSignal,
): Promise<void> {
  const store = openStore(runs);
  const sweepId = await findSweep(store, givenSweep);
  const spec = await specOf(store, sweepId);
  const trials = [...plannedTrials(spec, await readSuggestions(store, sweepId, spec))];
  const { trialId, label } = findTrial(
    trials,
    givenTrial,
    (there) => `${sweepId} has no trial "${givenTrial}"; there is ${there}`,
  );
  let shown = '';
  for (;;) {
    const ended = await hasEnded(store, sweepId, trialId); // first: what is said after it is none
    const text = await readTrialLog(store, sweepId, trialId, spec);
    if (text === undefined && !follow)
      throw new UserError(
        `${sweepId}: trial ${trialId} (${clean(label)}) has said nothing ${ended ? '' : 'yet'}`.trim(),
      );
    const more = newIn(text ?? '', shown);
    if (json && (more !== '' || ended)) sayJson({ sweepId, trialId, text: more, ended });
    else if (more !== '') say(more.replace(/\n$/, ''));
    shown = text ?? '';
    if (!follow || ended || signal.aborted) break;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  if (follow && !json && !signal.aborted) tell(`trial ${trialId} has ended`);
}

/** So much of what was shown last is looked for in a text whose middle has gone since. */
const KNOWN = 500;

/** What of a text was not shown: its end, or all of it where another attempt has begun. */
function newIn(text: string, shown: string): string {
  if (text.startsWith(shown)) return text.slice(shown.length);
  const end = shown.slice(-KNOWN);
  const at = text.lastIndexOf(end);
  return at < 0 ? text : text.slice(at + end.length);
}
