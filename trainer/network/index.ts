/** The kind of trainer whose trials are networks of models/, trained by a backend of engine/. */
import { packsOf } from '../../core/packs.ts';
import type { Backend } from '../../engine/backends/index.ts';
import { ofComputing } from '../failures.ts';
import type { Kind, PackLane } from '../types.ts';
import { corpusOf } from './corpus.ts';
import type { Programs } from './programs.ts';
import { sampleTrial } from './sample.ts';
import { seedOf } from './seed.ts';
import { trainPack } from './train.ts';

export interface NetworkOptions {
  backend: Backend;
  programs: Programs;
}

export const network = ({ backend, programs }: NetworkOptions): Kind => ({
  origin: { backend: backend.name, replayed: backend.replayable },
  packsOf: (lanes) => packsOf(lanes),
  seedOf,
  async train(pack, { folder, ...options }) {
    const corpus = await corpusOf(folder, (pack[0] as PackLane).trial); // a pack's have the same task
    return trainPack(pack, { ...options, programs, corpus });
  },
  async sample(trial, model, sampling, { folder, onTurn }) {
    const corpus = await corpusOf(folder, trial);
    return sampleTrial(trial, model, sampling, { corpus, onTurn }).catch((error: unknown) => {
      throw ofComputing(error);
    });
  },
});
