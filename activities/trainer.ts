/**
 * A trainer process: loads TensorFlow once, trains one job at a time, saves checkpoints, commits results to the store.
 * It belongs to the worker that started it and ends when the worker is gone.
 */
import { UserError } from '../core/errors.ts';
import { loadBackend, type BackendChoice } from '../models/backends/index.ts';
import { compiler } from '../models/graph/index.ts';
import { programsKept } from '../models/programs.ts';
import type { FromTrainer, ToTrainer, TrainRequest } from './messages.ts';
import { packSizes } from './pack-sizes.ts';
import { trainJob, type Trainer } from './train-job.ts';

const send = (message: FromTrainer) => void process.send?.(message);
const programs = programsKept(compiler((line) => send({ type: 'debug', line })));
let stopping = new AbortController();

const ready = loadBackend(JSON.parse(process.argv[2] ?? '{}') as BackendChoice).then((backend): Omit<Trainer, 'signal'> => {
  const { SWEEP_LANES: lanes, SWEEP_PACK_SIZES: folder } = process.env;
  const fixed = lanes === undefined ? (backend.replayable ? undefined : 1) : Math.max(1, Math.trunc(Number(lanes)) || 1);
  return { backend, programs, packSizes: packSizes({ programs, backend: backend.name, folder, fixed }), send };
});
ready.catch(() => {}); // reported with the first job

const train = async (request: TrainRequest, { signal }: AbortController) => trainJob(request, { ...await ready, signal });

process.on('message', (message: ToTrainer) => {
  if (message.type === 'stop') return stopping.abort();
  stopping = new AbortController();
  train(message, stopping).then(send, (error: Error) =>
    send({ type: 'failed', message: error.message, ...(error.stack && { stack: error.stack }), retryable: !(error instanceof UserError) }));
  return undefined;
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {}); // ^C reaches the whole process group; the worker decides what becomes of a job
