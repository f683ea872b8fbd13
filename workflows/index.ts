export { sweep } from './sweep.ts';
export { shard } from './shard.ts';
