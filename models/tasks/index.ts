/** Registry of tasks: a new one is a file here and a line below. */
import type { Task } from '../types.ts';
import { caesar } from './caesar.ts';
import { caseChange } from './case-change.ts';
import { names } from './names.ts';
import { palindrome } from './palindrome.ts';
import { text } from './text.ts';

export const tasks = { palindrome, 'case-change': caseChange, caesar, text, names } satisfies Record<string, Task>;
export type TaskName = keyof typeof tasks;
