/** An adaptive sweep from its run folder: the record says what was decided, the trials' files what became of them. */
import { endedBy, replayRecord, type AdaptiveState } from '../core/adaptive.ts';
import { countTrials } from '../core/plan.ts';
import { emptyProgress, failedOutcome, outcomeOf, withOutcome, withStopped, type Progress } from '../core/progress.ts';
import type { SweepSpec } from '../core/spec.ts';
import { clearDecisions, readDecisions } from '../store/decisions.ts';
import type { Store } from '../store/index.ts';
import { readFailure, readResult } from '../store/runs.ts';

/** Throws an Error where the record does not follow from the spec. `fresh`: the record is void, and begins anew. */
export async function resumeAdaptive(
  store: Store,
  sweepId: string,
  spec: SweepSpec,
  fresh: boolean,
): Promise<{ state: AdaptiveState; progress: Progress }> {
  const record = fresh ? [] : await readDecisions(store, sweepId);
  await clearDecisions(store, sweepId, record.length); // now that the run before, which wrote until its end, is over
  const driver = replayRecord(spec, record);
  const reached = new Map(
    record.flatMap((entry) => ('report' in entry ? [[entry.report.configuration, entry.report] as const] : [])),
  );
  const over = new Map(
    record
      .flatMap((entry) => ('report' in entry ? entry.decisions : []))
      .map(({ configuration, action }) => [configuration, action]),
  );
  let progress = emptyProgress(countTrials(spec));
  const ended: AdaptiveState['ended'] = {};
  for (const [configuration, report] of reached) {
    let came = 0;
    for (let repeat = 0; repeat < spec.repeats; repeat++) {
      const { trialId, label } = driver.trialOf({ configuration, repeat });
      const result = await readResult(store, sweepId, trialId);
      // One that failed after the record ends is tried again.
      const failed =
        result === undefined && report.value === null && (await readFailure(store, sweepId, trialId)) !== undefined;
      const outcome = result === undefined ? failedOutcome(trialId) : outcomeOf(result, spec.objective.metric);
      // One that went on after the record ends is still to be reported at its rung.
      if (!failed && (result === undefined || (result.steps > report.toStep && !report.ended))) continue;
      came++;
      progress = withOutcome(progress, outcome, label, spec.objective.goal);
      ended[configuration] = { ...ended[configuration], [repeat]: outcome.objective };
    }
    const action = over.get(configuration);
    if (action === 'stop') progress = withStopped(progress, spec.repeats - came);
    if (action === 'stop' || action === 'complete') delete ended[configuration];
  }
  return { state: endedBy(driver.state(), ended), progress };
}
