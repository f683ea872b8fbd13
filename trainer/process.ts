/**
 * A trainer process: loads TensorFlow once, trains one job at a time, saves checkpoints, commits results to the store.
 * It belongs to the worker that started it and ends when the worker is gone.
 */
import { loadBackend, type BackendChoice } from '../engine/backends/index.ts';
import { compiler } from '../engine/replay/index.ts';
import { corpusOf } from './network/corpus.ts';
import { network } from './network/index.ts';
import { programsKept } from './network/programs.ts';
import { openStore } from '../store/index.ts';
import { causeOf } from './failures.ts';
import type { Answer, FromTrainer, PackSizeRequest, ToTrainer, TrainerRequest } from './messages.ts';
import { oneLane, packSizes, type PackSizes } from './network/pack-sizes.ts';
import { checkTrial, trainJob, type Trainer } from './train-job.ts';

const send = (message: FromTrainer) => void process.send?.(message);
const programs = programsKept(compiler((line) => send({ type: 'debug', line })));
let stopping = new AbortController();

const choice = JSON.parse(process.argv[2] ?? '{}') as BackendChoice;
const ready = loadBackend(choice).then((backend): Omit<Trainer, 'signal'> & { sizes: PackSizes } => {
  const packs = backend.replayable && choice.native?.kind !== 'gpu';
  return {
    kind: network({ backend, programs }),
    send,
    sizes: packs ? packSizes({ programs, backend: backend.name, folder: process.env['SWEEP_PACK_SIZES'] }) : oneLane,
  };
});
ready.catch(() => {}); // reported with the first job

/** Often enough for the heartbeat. */
const ALIVE_EVERY_MS = 500;

async function packSize(
  { question: { sweepId, example, most, steps }, store }: PackSizeRequest,
  signal: AbortSignal,
): Promise<Answer> {
  checkTrial(example);
  const { sizes } = await ready;
  let toldAt = 0;
  function onTurn(): void {
    if (Date.now() - toldAt < ALIVE_EVERY_MS) return;
    toldAt = Date.now();
    send({ type: 'alive' });
  }
  const corpus = await corpusOf({ store: openStore(store), sweepId }, example);
  try {
    return { type: 'packSize', lanes: await sizes.sizeFor(example, { most, steps, corpus, onTurn, signal }) };
  } catch (error) {
    if (signal.aborted) return { type: 'stopped' };
    throw error;
  }
}

const answer = async (request: TrainerRequest, signal: AbortSignal): Promise<Answer> =>
  request.type === 'train' ? trainJob(request, { ...(await ready), signal }) : packSize(request, signal);

process.on('message', (message: ToTrainer) => {
  if (message.type === 'stop') return stopping.abort();
  stopping = new AbortController();
  answer(message, stopping.signal).then(send, (error: Error) =>
    send({ type: 'failed', message: error.message, ...(error.stack && { stack: error.stack }), cause: causeOf(error) }),
  );
  return undefined;
});
process.on('disconnect', () => process.exit(0));
send({ type: 'loaded' });
// No handler for any signal: TensorFlow's products of matrices leave the heap corrupted if one runs while they do.
