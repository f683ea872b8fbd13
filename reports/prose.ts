/** What report.html and report.md say in words. */
import type { ReportInput } from './types.ts';
import type { ProvenanceFile } from './provenance.ts';

/** Longer tables are cut and point to their CSV: a page of 100,000 rows is read by nobody and opened by no phone. */
export const TABLE_LIMIT = { html: 2000, markdown: 200 };

export const verifyText =
  'Every file of this report follows from the sweep’s data alone. This command rebuilds it, compares every byte, ' +
  'checks the data against the SHA-256 sums in provenance.json, and names any file that differs:';

export const intervalProse =
  'Intervals are 95 % confidence intervals of the mean over repeats, mean ± t(0.975; n − 1) · s / √n, ' +
  'clipped to the metric’s range. ' +
  'A diverged or failed repeat has no number: it does not enter the mean, which is then one of survivors, and says so. ' +
  'Its configuration counts as no better than those of which every repeat has a number.';

/**
 * Why a sweep is over that has not simply trained all of its trials: 'Ended by its budget of 5 seconds, …',
 * 'Cancelled'.
 */
export function endingText({ outcome }: Pick<ReportInput, 'outcome'>): string | undefined {
  if (outcome === undefined) return undefined;
  const { state, message } = outcome;
  const text = [...(state === 'completed' ? [] : [state]), ...(message === undefined ? [] : [message])].join(': ');
  return text === '' ? undefined : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([n]) => n > 0);
  return first === -1
    ? `${seconds.toFixed(1)} s`
    : parts
        .slice(first, first + 2)
        .map(([n, unit]) => `${n} ${unit}`)
        .join(' ');
}

/** Name and value, for the section "How it was made". */
export function factsOf({
  sweep,
  specHash,
  seed,
  science,
  backends,
  starts,
  durations,
  report,
}: ProvenanceFile): [name: string, value: string][] {
  const last = starts.at(-1);
  const commits = [
    ...new Set(
      starts.map(({ git, version }) =>
        git === null ? `version ${version}` : `${git.commit.slice(0, 12)}${git.dirty ? ' with local changes' : ''}`,
      ),
    ),
  ];
  const facts: [string, string | undefined][] = [
    ['Sweep', sweep],
    ['Spec hash', specHash],
    ['Seed', `${seed}, science version ${science}`],
    ['Backend', backends.join(', ')],
    ['Code', commits.join(', ')],
    ['Lockfile', last?.lockfile ?? undefined],
    [
      'Machine',
      last && `${last.machine.cpu}, ${last.machine.cores} cores, ${last.machine.memoryGiB} GiB, ${last.machine.os}`,
    ],
    ['GPU', last && (last.machine.gpus.join('; ') || 'none')],
    ['Node', last?.node],
    ['Training time', `${durationText(durations.trainingSeconds)} over all trials`],
    ['Finished', durations.lastEnd ?? undefined],
    [
      'Report by',
      [
        `temporal-sweep ${report.version}`,
        ...Object.entries(report.packages).map(([name, version]) => `${name} ${version}`),
      ].join(', '),
    ],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '');
}
