/** `npm run schema`: writes sweeps/sweep.schema.json anew. */
import { writeFileSync } from 'node:fs';
import { sweepJsonSchema } from './json-schema.ts';

writeFileSync(new URL('../sweeps/sweep.schema.json', import.meta.url), sweepJsonSchema());
