/**
 * A trainer process: gets ready once (TensorFlow takes a while), trains one job at a time, saves checkpoints, commits
 * results to the store. It belongs to the worker that started it and ends when the worker is gone.
 */
import type { TrialSpec } from '../core/spec.ts';
import { openStore } from '../store/index.ts';
import { causeOf } from './failures.ts';
import { kindOf, kinds, usual } from './kinds.ts';
import type { Answer, FromTrainer, PackSizeRequest, ToTrainer, TrainerRequest } from './messages.ts';
import { checkTrial, trainJob } from './train-job.ts';
import type { Trainer, TrainerKind, TrainerProcess } from './types.ts';

const send = (message: FromTrainer) => void process.send?.(message);
let stopping = new AbortController();

const own: TrainerProcess = {
  backend: process.argv[2] ?? '{}',
  packSizes: process.env['SWEEP_PACK_SIZES'],
  debug: (line) => send({ type: 'debug', line }),
};
const opened = new Map<TrainerKind, Promise<Trainer>>();

async function open(kind: TrainerKind): Promise<Trainer> {
  const ready = opened.get(kind) ?? kind.load().then((openIn) => openIn(own));
  opened.set(kind, ready);
  return ready;
}
const trainerOf = (trial: TrialSpec): Promise<Trainer> => open(kindOf(trial));

/** Often enough for the heartbeat. */
const ALIVE_EVERY_MS = 500;

async function packSize(
  { question: { sweepId, example, most, steps }, store }: PackSizeRequest,
  signal: AbortSignal,
): Promise<Answer> {
  checkTrial(example);
  const trainer = await trainerOf(example);
  let toldAt = 0;
  function onTurn(): void {
    if (Date.now() - toldAt < ALIVE_EVERY_MS) return;
    toldAt = Date.now();
    send({ type: 'alive' });
  }
  const folder = { store: openStore(store), sweepId };
  try {
    return {
      type: 'packSize',
      lanes: (await trainer.packSize?.(example, { folder, most, steps, onTurn, signal })) ?? 1,
    };
  } catch (error) {
    if (signal.aborted) return { type: 'stopped' };
    throw error;
  }
}

const answer = (request: TrainerRequest, signal: AbortSignal): Promise<Answer> =>
  request.type === 'train' ? trainJob(request, { trainerOf, send, signal }) : packSize(request, signal);

process.on('message', (message: ToTrainer) => {
  if (message.type === 'stop') return stopping.abort();
  stopping = new AbortController();
  answer(message, stopping.signal).then(send, (error: Error) =>
    send({ type: 'failed', message: error.message, ...(error.stack && { stack: error.stack }), cause: causeOf(error) }),
  );
  return undefined;
});
process.on('disconnect', () => process.exit(0));
void Promise.all(Object.values(kinds).map((kind) => kind.load())).then(() => {
  send({ type: 'loaded' }); // all its code: what is told apart from the worker's
  open(usual).catch(() => {}); // reported with the first job
});
// No handler for any signal: TensorFlow's products of matrices leave the heap corrupted if one runs while they do.
