/**
 * The trainer of networks in its process: a backend, the programs that it keeps, and how many lanes they take. It is
 * given trials of its kind.
 */
import { loadBackend, type BackendChoice } from '../../engine/backends/index.ts';
import { compiler } from '../../engine/replay/index.ts';
import type { NetworkTrial } from '../../core/spec.ts';
import { ofComputing } from '../failures.ts';
import type { LaneEvent, Trainer, TrainerLane, TrainerProcess } from '../types.ts';
import { networkOf, stateOf } from './checkpoint.ts';
import { corpusOf } from './corpus.ts';
import { oneLane, packSizes } from './pack-sizes.ts';
import { programsKept } from './programs.ts';
import { sampleTrial } from './sample.ts';
import { seedOf } from './seed.ts';
import { trainPack, type PackEvent } from './train.ts';

export async function openNetwork({ packSizes: folder, debug, ...given }: TrainerProcess): Promise<Trainer> {
  const choice = JSON.parse(given.backend) as BackendChoice;
  const backend = await loadBackend(choice);
  const programs = programsKept(compiler(debug));
  const packs = backend.replayable && choice.native?.kind !== 'gpu';
  const sizes = packs ? packSizes({ programs, backend: backend.name, folder }) : oneLane;
  const origin = { backend: backend.name, replayed: backend.replayable };

  return {
    origin: () => origin,
    async train(pack, { folder, toStep, signal, onStep, onTurn }) {
      const lanes = pack.map(({ trial, resume }) => ({
        trial: trial as NetworkTrial,
        resume: resume && networkOf(resume),
      }));
      const corpus = await corpusOf(folder, (pack[0] as TrainerLane).trial as NetworkTrial); // a pack's have the same task
      return laneEvents(trainPack(lanes, { toStep, signal, onStep, onTurn, programs, corpus }));
    },
    seedOf: (trial, shorter) => seedOf(trial as NetworkTrial, shorter),
    async sample(given, model, sampling, { folder, onTurn }) {
      const trial = given as NetworkTrial;
      const corpus = await corpusOf(folder, trial);
      return sampleTrial(trial, networkOf(model), sampling, { corpus, onTurn }).catch((error: unknown) => {
        throw ofComputing(error);
      });
    },
    async packSize(given, { folder, ...options }) {
      const example = given as NetworkTrial;
      return sizes.sizeFor(example, { ...options, corpus: await corpusOf(folder, example) });
    },
  };
}

/** What the loop says of its lanes, with their networks as bytes. */
async function* laneEvents(events: AsyncIterable<PackEvent>): AsyncGenerator<LaneEvent, void, void> {
  for await (const { lane, ...event } of events) {
    if ('report' in event) {
      const { step, metrics, observations, checkpoint } = event.report;
      yield { lane, report: { step, metrics, observations } };
      yield { lane, savable: { step, state: () => stateOf(checkpoint().tensors) } };
    } else {
      const { status, steps, metrics, parameters, replayed, checkpoint } = event.end;
      const saved = { step: steps, state: stateOf(checkpoint.tensors) };
      yield { lane, end: { status, steps, metrics, parameters, replayed, saved } };
    }
  }
}
