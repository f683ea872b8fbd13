/** What a trial has said: its program's output, or the evaluations of its network. */
import type { CurvePoint } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';
import { readLog } from '../store/programs.ts';
import { readCurve, readFailure, readResult, savedCurve } from '../store/runs.ts';

export async function hasEnded(store: Store, sweepId: string, trialId: string): Promise<boolean> {
  const [result, failure] = [await readResult(store, sweepId, trialId), await readFailure(store, sweepId, trialId)];
  return result !== undefined || failure !== undefined;
}

/** Text with line ends; undefined: nothing yet. */
export async function readTrialLog(
  store: Store,
  sweepId: string,
  trialId: string,
  spec: SweepSpec,
): Promise<string | undefined> {
  if (spec.program !== undefined) {
    const text = await readLog(store, sweepId, trialId);
    if (text !== undefined && text !== '') return text;
  }
  const curve = (await readCurve(store, sweepId, trialId)) ?? (await savedCurve(store, sweepId, trialId));
  return curve === undefined || curve.length === 0 ? undefined : curve.map(lineOf(spec)).join('');
}

const lineOf =
  ({ program }: SweepSpec) =>
  ({ step, metrics }: CurvePoint): string => {
    const values = Object.entries(metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(6))}`);
    return `${program?.step ?? 'step'} ${step}  ${values.join('  ')}\n`;
  };
