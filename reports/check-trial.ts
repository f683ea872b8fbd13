/** Whether the files of one trial agree with each other and with its id. */
import { canonicalJson } from '../core/json.ts';
import type { Checkpoint, CurvePoint, RungRecord, TrialFailure, TrialResult } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';
import { SCIENCE_VERSION, trialIdIn } from '../core/trial.ts';
import { decodeCheckpoint, type Decoded } from '../store/checkpoint.ts';
import { decodeCurve } from '../store/curve.ts';
import { trialKey } from '../store/keys.ts';
import { LOG } from '../store/programs.ts';
import type { Store } from '../store/types.ts';
import { kindOf } from '../trainer/kinds.ts';

/** A path in the sweep's folder, and what is wrong there. */
export interface Finding {
  path: string;
  problem: string;
}

export interface CheckedTrial {
  findings: Finding[];
  /** What the folder is of, as far as it says so and the id agrees. */
  trial?: TrialSpec | undefined;
  hasResult: boolean;
}

export const UNKNOWN = 'is unknown: the sweep has nothing of this name';

const ALWAYS = ['metrics.csv', 'model.ckpt', 'timing.json'];
const OF_RESULT = ['result.json', 'observations.json', 'samples.json', LOG, ...ALWAYS];
/** What a trial has on its way, and not any more once it has a result. */
const ON_THE_WAY = ['attempts/', 'rungs/', 'failure.json'];
const RUNG = /^step-(\d{9})\.(json|csv|ckpt)$/;

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
function same(a: unknown, b: unknown): boolean {
  try {
    return canonicalJson(a ?? null) === canonicalJson(b ?? null);
  } catch {
    return false; // what is no JSON, NaN for one, is like nothing
  }
}
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

function decodeObject<T>(bytes: Uint8Array): T {
  const value: unknown = JSON.parse(text(bytes));
  if (!isObject(value)) throw new Error('not an object');
  return value as T;
}

/** Whether a result, a rung or a failure is of the trial that its folder is named after. */
function identityProblem(
  id: string,
  { trialId, trial }: { trialId: string; trial: TrialSpec },
  sciences: readonly number[],
): string | undefined {
  if (trialId !== id) return `says that it is of trial ${trialId}`;
  if (!isObject(trial) || !sciences.some((science) => trialIdIn(science, trial) === id))
    return 'is of another trial: its hash is not the id';
  return undefined;
}

/** What a checkpoint and the record of its trial, and its curve, do not agree on. */
function* checkpointProblems(
  { checkpoint, origin }: Decoded,
  record: RungRecord,
  curve: readonly CurvePoint[] | undefined,
): Generator<string> {
  const { step, state, curve: own } = checkpoint;
  if (step !== record.steps) yield `is of step ${step}, and the trial of ${record.steps} steps`;
  const isOfOrigin = origin === undefined || (origin.backend === record.backend && origin.replayed === record.replayed); // older versions did not say
  if (!isOfOrigin) yield `was trained by ${origin.backend}, and the trial by ${record.backend}`;
  if (curve !== undefined && !same(own, curve)) yield 'came with another curve than the trial has';
  if (isObject(record.trial)) yield* kindOf(record.trial).problems?.(state, record) ?? [];
}

function curveProblem(curve: readonly CurvePoint[], { steps, metrics, status }: TrialResult): string | undefined {
  if (curve.some(({ step }, i) => !Number.isInteger(step) || step <= (curve[i - 1]?.step ?? -1)))
    return 'has steps out of their order';
  const last = curve.at(-1);
  if (status === 'completed' ? last?.step !== steps : (last?.step ?? 0) > steps)
    return `ends at step ${last?.step ?? 0}, and the trial after ${steps}`;
  return same(last?.metrics ?? {}, metrics) ? undefined : "does not end in the result's metrics";
}

/** Looks at the files of one trial, and tells of what is wrong with each. */
class TrialCheck {
  readonly findings: Finding[] = [];
  private readonly store: Store;
  private readonly sweepId: string;
  private readonly id: string;
  private readonly names: readonly string[];

  constructor(store: Store, sweepId: string, id: string, names: readonly string[]) {
    this.store = store;
    this.sweepId = sweepId;
    this.id = id;
    this.names = names;
  }

  private find(file: string, problem: string | undefined): void {
    if (problem !== undefined) this.findings.push({ path: `trials/${this.id}/${file}`, problem });
  }
  /** What is in a file; undefined, and told of, where it says nothing. */
  private async read<T>(file: string, decode: (bytes: Uint8Array) => T): Promise<T | undefined> {
    const bytes = await this.store.get(trialKey(this.sweepId, this.id, file));
    if (bytes === undefined) return void this.find(file, 'is missing');
    try {
      return decode(bytes);
    } catch (error) {
      return void this.find(file, `cannot be read: ${(error as Error).message}`);
    }
  }
  private readCurve(file: string): Promise<CurvePoint[] | undefined> {
    return this.read(file, (bytes) => decodeCurve(text(bytes)));
  }
  private list(folder: string): Promise<string[]> {
    return this.store.list(trialKey(this.sweepId, this.id, folder));
  }

  async checkResult(): Promise<TrialSpec | undefined> {
    for (const name of this.names)
      if (!OF_RESULT.includes(name))
        this.find(name, ON_THE_WAY.includes(name) ? 'is left over: the trial has its result' : UNKNOWN);
    const result = await this.read('result.json', (bytes) => decodeObject<TrialResult>(bytes));
    const curve = await this.readCurve('metrics.csv');
    const network = await this.read('model.ckpt', decodeCheckpoint);
    if (!this.names.includes('timing.json')) this.find('timing.json', 'is missing');
    if (result === undefined) return undefined;
    const identity = identityProblem(this.id, result, [result.science]);
    this.find('result.json', identity);
    if (curve) this.find('metrics.csv', curveProblem(curve, result));
    if (network) await this.checkNetwork(network, result, curve);
    return identity === undefined ? result.trial : undefined;
  }

  private async checkNetwork(network: Decoded, result: TrialResult, curve: CurvePoint[] | undefined): Promise<void> {
    for (const problem of checkpointProblems(network, result, curve)) this.find('model.ckpt', problem);
    const seen = network.checkpoint.observations ?? [];
    if (seen.length === 0 && !this.names.includes('observations.json')) return; // as older versions left it
    const observations = await this.read(
      'observations.json',
      (bytes) => JSON.parse(text(bytes)) as Checkpoint['observations'],
    );
    if (observations !== undefined && !same(observations, seen))
      this.find('observations.json', 'is not what the network came with');
  }

  private async checkRungs(): Promise<TrialSpec | undefined> {
    const files = await this.list('rungs');
    let trial: TrialSpec | undefined;
    for (const file of files) {
      const [, step, kind] = RUNG.exec(file) ?? [];
      if (step === undefined) this.find(`rungs/${file}`, UNKNOWN);
      if (kind !== 'json') continue;
      const record = await this.read(`rungs/${file}`, (bytes) => decodeObject<RungRecord>(bytes));
      const [curve, network] = [
        await this.readCurve(`rungs/step-${step}.csv`),
        await this.read(`rungs/step-${step}.ckpt`, decodeCheckpoint),
      ];
      if (record === undefined) continue;
      const identity = identityProblem(this.id, record, [record.science]);
      if (identity === undefined) trial = record.trial;
      this.find(
        `rungs/${file}`,
        identity ?? (record.steps === Number(step) ? undefined : `is of step ${record.steps}`),
      );
      const last = curve?.at(-1);
      if (last?.step === record.steps && !same(last.metrics, record.metrics))
        this.find(`rungs/step-${step}.csv`, "does not end in the rung's metrics");
      if (network)
        for (const problem of checkpointProblems(network, record, curve)) this.find(`rungs/step-${step}.ckpt`, problem);
    }
    return trial;
  }

  private async checkAttempts(): Promise<void> {
    for (const folder of await this.list('attempts')) {
      for (const file of await this.list(`attempts/${folder}`)) {
        // A damaged one is passed over when the trial goes on, and no report shows it.
        if (!/^step-\d{9}\.ckpt$/.test(file)) this.find(`attempts/${folder}${file}`, UNKNOWN);
      }
    }
  }

  async checkUnfinished(): Promise<TrialSpec | undefined> {
    for (const name of this.names)
      if (!ON_THE_WAY.includes(name) && !OF_RESULT.includes(name)) this.find(name, UNKNOWN); // a result's files come before it
    await this.checkAttempts();
    const reached = await this.checkRungs();
    if (!this.names.includes('failure.json')) return reached;
    const failure = await this.read('failure.json', (bytes) => decodeObject<TrialFailure>(bytes));
    if (failure === undefined) return reached;
    const identity = identityProblem(
      this.id,
      failure,
      Array.from({ length: SCIENCE_VERSION }, (_, i) => i + 1),
    ); // it does not say of which
    this.find('failure.json', identity);
    return identity === undefined ? failure.trial : reached;
  }
}

export async function checkTrial(store: Store, sweepId: string, id: string): Promise<CheckedTrial> {
  const names = await store.list(trialKey(sweepId, id));
  const hasResult = names.includes('result.json');
  const check = new TrialCheck(store, sweepId, id, names);
  const trial = await (hasResult ? check.checkResult() : check.checkUnfinished());
  return { trial, hasResult, findings: check.findings };
}
