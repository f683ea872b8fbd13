/**
 * Whether the files of a run folder agree with each other, and nothing else lies there: what can be known of data
 * without training again. Whoever changes one of them must change others with it, or it shows.
 */
import { createHash } from 'node:crypto';
import type { Control } from '../core/control.ts';
import { audit } from '../core/explain.ts';
import { isAdaptive, plannedTrials, type Suggestions } from '../core/plan.ts';
import { searchOf } from '../core/search/index.ts';
import type { SweepSpec, TrialSpec } from '../core/spec.ts';
import { trialId } from '../core/trial.ts';
import { decisionFiles, readDecisions } from '../store/decisions.ts';
import { readAhead } from '../store/read-ahead.ts';
import { readControl, readEarlier, readOutcome, readSpec, type EarlierSpec } from '../store/runs.ts';
import { readSuggestions } from '../store/trials.ts';
import type { Store, Stray } from '../store/types.ts';
import { checkTrial, UNKNOWN, type Finding } from './check-trial.ts';

export type { Finding } from './check-trial.ts';

export interface RunCheck {
  /** Results that were looked at. */
  results: number;
  findings: Finding[];
}

const TOP = [
  'sweep.json',
  'extended.json',
  'control.json',
  'origin.json',
  'provenance.json',
  'outcome.json',
  'decisions/',
  'corpora/',
  'files/',
  'trials/',
  'report/',
];
const STRAY: Record<Stray['what'], string> = {
  hidden: 'is a hidden file: the sweep has none',
  link: 'is a link: what it shows lies elsewhere',
  special: 'is neither a file nor a folder',
};

/** The trial as it was before its sweep was extended: the same but for when it ends. */
function endingAs({ training, ...rest }: TrialSpec, ends: EarlierSpec['ends']): TrialSpec {
  const { maxSteps: _, stopWhen: __, ...others } = training;
  return { ...rest, training: { ...others, ...ends } } as TrialSpec;
}

interface Known {
  /** Of each trial that the sweep has, how often: a random search may draw one twice. */
  planned: Map<string, number>;
  /** Trials of before the sweep was extended. */
  earlier: Set<string>;
}

function knownTrials(spec: SweepSpec, suggestions: Suggestions | undefined, before: readonly EarlierSpec[]): Known {
  const [planned, earlier] = [new Map<string, number>(), new Set<string>()];
  for (const { trialId: id, trial } of plannedTrials(spec, suggestions)) {
    planned.set(id, (planned.get(id) ?? 0) + 1);
    for (const { ends } of before) earlier.add(trialId(endingAs(trial, ends)));
  }
  return { planned, earlier };
}

async function checkTop(store: Store, sweepId: string, spec: SweepSpec): Promise<Finding[]> {
  const findings: Finding[] = (await store.list(sweepId))
    .filter((name) => !TOP.includes(name))
    .map((path) => ({ path, problem: UNKNOWN }));
  for (const { key, what } of (await store.strays?.(sweepId)) ?? [])
    findings.push({ path: key.slice(sweepId.length + 1), problem: STRAY[what] });
  const control: Partial<Control> = await readControl(store, sweepId);
  if (typeof control.paused !== 'boolean')
    findings.push({ path: 'control.json', problem: 'does not say whether the sweep is paused' });
  const files = isAdaptive(spec) ? await decisionFiles(store, sweepId) : [];
  for (const name of await store.list(`${sweepId}/decisions`))
    if (!files.includes(name)) findings.push({ path: `decisions/${name}`, problem: UNKNOWN });
  if (files.length > 0) {
    const problem = audit(spec, await readDecisions(store, sweepId));
    if (problem !== undefined)
      findings.push({ path: 'decisions', problem: `do not follow from each other: ${problem}` });
  }
  return findings;
}

/** A text is named by its hash. One that only an earlier spec had may stay. */
async function checkCorpora(store: Store, sweepId: string, spec: SweepSpec): Promise<Finding[]> {
  const findings: Finding[] = [];
  const wanted = new Set(
    Object.values(spec.corpora ?? {}).map((reference) => `${reference.replace('sha256:', '')}.txt`),
  );
  for (const name of new Set([...wanted, ...(await store.list(`${sweepId}/corpora`))])) {
    const bytes = await store.get(`${sweepId}/corpora/${name}`);
    const problem =
      bytes === undefined
        ? 'is missing'
        : `${createHash('sha256').update(bytes).digest('hex')}.txt` === name
          ? undefined
          : 'is not the text of this hash';
    if (problem !== undefined) findings.push({ path: `corpora/${name}`, problem });
  }
  return findings;
}

/** A program's file is named by its hash. One that only an earlier spec had may stay. */
async function checkFiles(store: Store, sweepId: string, spec: SweepSpec): Promise<Finding[]> {
  const findings: Finding[] = [];
  const wanted = Object.values(spec.program?.hashes ?? {}).map((hash) => hash.replace('sha256:', ''));
  for (const name of new Set([...wanted, ...(await store.list(`${sweepId}/files`))])) {
    const bytes = await store.get(`${sweepId}/files/${name}`);
    if (bytes === undefined) findings.push({ path: `files/${name}`, problem: 'is missing' });
    else if (createHash('sha256').update(bytes).digest('hex') !== name)
      findings.push({ path: `files/${name}`, problem: 'is not the file of this hash' });
  }
  return findings;
}

async function checkTrials(
  store: Store,
  sweepId: string,
  spec: SweepSpec,
  { planned, earlier }: Known,
): Promise<RunCheck & { ended: number }> {
  const findings: Finding[] = [];
  let [results, ended] = [0, 0];
  const { maxSteps, stopWhen } = spec.training;
  const now = { maxSteps, ...(stopWhen && { stopWhen }) };
  // Trained by another version of the science, or chosen by a search that learned from other results.
  const isExplained = (id: string, trial: TrialSpec | undefined) =>
    earlier.has(id) ||
    (trial !== undefined &&
      (searchOf(spec).suggest !== undefined ||
        planned.has(trialId(trial)) ||
        planned.has(trialId(endingAs(trial, now)))));
  const check = async (name: string) =>
    [name, name.endsWith('/') ? await checkTrial(store, sweepId, name.slice(0, -1)) : undefined] as const;
  for await (const [name, checked] of readAhead(await store.list(`${sweepId}/trials`), check)) {
    const id = name.slice(0, -1);
    if (checked === undefined || !(planned.has(id) || isExplained(id, checked.trial))) {
      findings.push({ path: `trials/${name}`, problem: 'is of no trial of this sweep' });
      continue;
    }
    findings.push(...checked.findings);
    if (!checked.hasResult) continue;
    results++;
    ended += planned.get(id) ?? 0;
  }
  return { results, ended, findings };
}

/** Throws a UserError that names a file that says nothing of what it should. */
export async function checkRun(store: Store, sweepId: string): Promise<RunCheck> {
  const spec = await readSpec(store, sweepId);
  if (spec === undefined) return { results: 0, findings: [] }; // the report cannot be built, which tells
  const known = knownTrials(spec, await readSuggestions(store, sweepId, spec), await readEarlier(store, sweepId));
  const { results, ended, findings } = await checkTrials(store, sweepId, spec, known);
  findings.push(
    ...(await checkTop(store, sweepId, spec)),
    ...(await checkCorpora(store, sweepId, spec)),
    ...(await checkFiles(store, sweepId, spec)),
  );
  const outcome = await readOutcome(store, sweepId);
  const due = outcome === undefined ? 0 : outcome.completed - (outcome.stopped ?? 0);
  if (ended < due)
    findings.push({
      path: 'outcome.json',
      problem: `says that ${due} trials have a result, and ${ended} of the sweep have one`,
    });
  return { results, findings };
}
