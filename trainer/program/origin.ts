import type { Origin } from '../../core/results.ts';

/** What a program computes with is its own business, and not known. */
export const origin: Origin = { backend: 'program', replayed: false };
