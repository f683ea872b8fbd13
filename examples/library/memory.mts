/** A sweep file in TypeScript: `sweep start memory.mts`, or started by a program, as compare.mts does. */
import { defineSweep } from 'temporal-sweep';

const lengths = [4, 6];

export default defineSweep({
  name: 'memory',
  description: 'Which network remembers a palindrome best?',
  task: { name: 'palindrome' },
  model: { hiddenUnits: 8 },
  training: { optimizer: 'rmsprop', learningRate: 0.01, batchSize: 16, maxSteps: 60, evaluateEvery: 20 },
  space: { 'model.cell': ['rnn', 'lstm'], 'task.length': lengths },
  repeats: 2,
});
