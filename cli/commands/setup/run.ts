/** `sweep setup`. */
import { dirname } from 'node:path';
import { installParts, type InstalledParts } from '../../../orchestrate/parts.ts';
import { isServerChosen } from '../../../server/connection.ts';
import type { BackendKind } from '../../../engine/backends/index.ts';
import { say, sayJson } from '../../ui/output.ts';
import { showParts } from '../../ui/parts.ts';

export async function setup(
  { backend, json }: { backend?: BackendKind; json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const wants = (kind: BackendKind): boolean => backend === undefined || backend === kind;
  const parts = await installParts(
    { tensorflow: wants('native'), onnx: wants('onnx'), temporal: !isServerChosen() },
    { signal, onEvent: showParts() },
  );
  if (json) sayJson(parts);
  else summary(parts).forEach(say);
  const compiled = [parts.tensorflow, parts.onnx];
  const isSlow = compiled.some(({ error }) => error) && !compiled.some(({ found }) => found);
  if (isSlow || parts.temporal.error) process.exitCode = 1;
}

function summary({ tensorflow, onnx, temporal }: InstalledParts): string[] {
  const compiled = [
    { name: 'TensorFlow', part: tensorflow, kind: tensorflow.found?.kind.toUpperCase() },
    { name: 'ONNX Runtime', part: onnx, kind: 'CPU' },
  ];
  return [
    ...compiled
      .filter(({ part }) => part.found !== undefined || part.error !== undefined)
      .map(({ name, part: { found, error = '' }, kind }) =>
        found ? `${name} ${found.version} ${kind}  ${dirname(found.binding)}` : `${name}  ${error}`,
      ),
    `Temporal server  ${temporal.found?.path ?? temporal.error ?? 'none needed: TEMPORAL_ADDRESS or a profile names one'}`,
  ];
}
