/** What a verification came to, as lines. Pure. */
import type { Retrained } from '../../../orchestrate/retrain.ts';
import type { Check, Verification } from '../../../reports/report.ts';
import { commandOn } from '../../../store/command.ts';
import type { Store } from '../../../store/index.ts';
import { clean, plural } from '../../ui/text.ts';

/** What training again came to: the seed of the draw, and of how many trials. */
export interface TrainedAgain {
  seed: number;
  of: number;
  trials: Retrained[];
}

/** What has been proved of a sweep that verifies, and what has not. */
export function proofLines(
  store: Store,
  sweepId: string,
  { results }: Verification,
  again: TrainedAgain | undefined,
): string[] {
  const retrainThree = commandOn(store, ['report', sweepId], ['--verify', '--retrain', '3']);
  const notAgain =
    again === undefined
      ? `that training gave this data (${retrainThree} trains three trials again and compares bytes)`
      : 'that training gave the data of the other trials';
  const all =
    again !== undefined && again.trials.length === results && again.trials.every(({ differs }) => differs.length === 0);
  return [
    `Proved: the report shows the data and nothing else. The data agrees with itself: of ${plural(results, 'result')} the id is the hash of the trial, the curve ends in the`,
    '  metrics, and the network is whole and came with that curve; no file is missing, unknown, left over or a link.',
    ...(again === undefined
      ? []
      : ['Proved by training again: that the trials named above come out as they are recorded, to the last bit.']),
    `Not proved: ${all ? '' : `${notAgain}, nor `}what provenance.json and timing.json tell of the commit, the machine and the times: they are as they were recorded.`,
  ];
}

/** One line if all is well; else a line for every file that is not, data first: it is the cause. */
export function verdictLines(
  store: Store,
  sweepId: string,
  { ok, data, report, findings, problem }: Verification,
): string[] {
  if (ok)
    return [
      `${clean(sweepId)}: verified. ${report.length} files of the report follow from ${data.length} data files, byte for byte.`,
    ];
  const lines = (what: string, checks: Check[]) =>
    checks
      .filter(({ state }) => state !== 'equal')
      .map(({ path, state }) => `  ${state.padEnd(10)}  ${what}${clean(path)}`);
  const [changedData, changedReport] = [lines('', data), lines('report/', report)];
  return [
    `${clean(sweepId)}: NOT verified.`,
    ...(changedData.length === 0 ? [] : ['Data that is not what the report was built from:', ...changedData]),
    ...(findings.length === 0
      ? []
      : [
          'Data that does not agree with itself:',
          ...findings.map(({ path, problem: what }) => `  ${clean(path)} ${clean(what)}`),
        ]),
    ...(problem === undefined ? [] : [`The report cannot be rebuilt: ${problem}`]),
    ...(changedReport.length === 0
      ? []
      : ['Files of the report that do not follow from the data as it is:', ...changedReport]),
    ...(changedData.length === 0
      ? []
      : [`If the data has rightly grown since, write the report anew: ${commandOn(store, ['report', sweepId])}`]),
  ];
}
