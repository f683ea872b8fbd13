/**
 * The JSON Schema of sweep files, for editors: completion, descriptions, red lines. Made of the schemas that check
 * them.
 */
import { z } from 'zod';
import { dimensionSchema } from './dimension.ts';
import { pathsIn } from './paths.ts';
import { sectionNames, sweepFile } from './schema.ts';

/** The text of sweeps/sweep.schema.json. */
export function sweepJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(sweepFile, { io: 'input', unrepresentable: 'any' });
  const { $schema: _, ...dimension } = z.toJSONSchema(dimensionSchema, { io: 'input', unrepresentable: 'any' });
  const { space, ...properties } = schema.properties ?? {};
  // A task and a cell may be given by the space alone.
  for (const name of ['task', 'model']) if (typeof properties[name] === 'object') delete properties[name].required;
  const { description } = typeof space === 'object' ? space : {};
  const reference = { $ref: '#/$defs/dimension' };
  return `${JSON.stringify(
    {
      $schema,
      title: 'A sweep',
      ...schema,
      properties: {
        ...properties,
        space: {
          description,
          type: 'object',
          minProperties: 1,
          properties: Object.fromEntries(
            sectionNames.flatMap((name) => pathsIn(name)).map((path) => [path, reference]),
          ),
          additionalProperties: false,
        },
      },
      required: ['name', 'space'],
      allowTrailingCommas: true,
      $defs: { dimension },
    },
    null,
    2,
  )}\n`;
}
