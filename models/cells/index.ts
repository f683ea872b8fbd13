/** Registry of cells: a new one is a file here and a line below. */
import type { Cell } from '../types.ts';
import { gru } from './gru.ts';
import { lstm } from './lstm.ts';
import { phasedLstm } from './phased-lstm.ts';
import { rnn } from './rnn.ts';

export const cells = { rnn, lstm, gru, 'phased-lstm': phasedLstm } satisfies Record<string, Cell>;
export type CellName = keyof typeof cells;
