/**
 * The JSON Schema of sweep files, for editors: completion, descriptions, red lines. Made of the schemas that check
 * them. A file with a program is one thing, any other another.
 */
import { z } from 'zod';
import { dimensionSchema } from './dimension.ts';
import { pathsIn } from './paths.ts';
import { programFile, sectionNames, sweepFile } from './schema.ts';

const DIMENSION = { $ref: '#/$defs/dimension' };

function objectOf(file: z.ZodObject) {
  const { $schema, properties = {}, ...schema } = z.toJSONSchema(file, { io: 'input', unrepresentable: 'any' });
  const { space, ...others } = properties;
  const { description } = typeof space === 'object' ? space : {};
  return { $schema, ...schema, others, space: { description, type: 'object', minProperties: 1 } };
}

function networkSchema() {
  const { $schema: _, others, space, ...schema } = objectOf(sweepFile);
  // A task and a cell may be given by the space alone.
  for (const name of ['task', 'model']) if (typeof others[name] === 'object') delete others[name].required;
  const properties = Object.fromEntries(sectionNames.flatMap((name) => pathsIn(name)).map((path) => [path, DIMENSION]));
  return {
    ...schema,
    properties: { ...others, space: { ...space, properties, additionalProperties: false } },
    required: ['name', 'space'],
  };
}

function programSchema() {
  const { $schema: _, others, space, ...schema } = objectOf(programFile);
  return {
    ...schema,
    properties: {
      ...others,
      space: {
        ...space,
        properties: { 'training.maxSteps': DIMENSION },
        patternProperties: { '^parameters\\.': DIMENSION },
        additionalProperties: false,
      },
    },
  };
}

/** The text of sweeps/sweep.schema.json. */
export function sweepJsonSchema(): string {
  const { $schema } = objectOf(sweepFile);
  const { $schema: _, ...dimension } = z.toJSONSchema(dimensionSchema, { io: 'input', unrepresentable: 'any' });
  return `${JSON.stringify(
    {
      $schema,
      title: 'A sweep',
      if: { required: ['program'] },
      then: programSchema(),
      else: networkSchema(),
      allowTrailingCommas: true,
      $defs: { dimension },
    },
    null,
    2,
  )}\n`;
}
