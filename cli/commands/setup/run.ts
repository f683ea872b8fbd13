/** `sweep setup`. */
import { dirname } from 'node:path';
import { installParts, type InstalledParts } from '../../../orchestrate/parts.ts';
import { isServerChosen } from '../../../server/connection.ts';
import { whyNotOnnx } from '../../../setup/onnx.ts';
import { say, sayJson } from '../../ui/output.ts';
import { showParts, slowerLine } from '../../ui/parts.ts';

export async function setup({ json }: { json?: boolean }, signal: AbortSignal): Promise<void> {
  const parts = await installParts({
    native: true,
    onnx: whyNotOnnx() === undefined,
    temporal: !isServerChosen(),
    anyWillDo: false,
    signal,
    onEvent: showParts(),
  });
  if (json) sayJson(parts);
  else summary(parts).forEach(say);
  if (parts.tensorflow.error ?? parts.onnx.error ?? parts.temporal.error) process.exitCode = 1;
}

function summary({ tensorflow, onnx, temporal }: InstalledParts): string[] {
  const native = tensorflow.found;
  return [
    native
      ? `TensorFlow ${native.version} ${native.kind.toUpperCase()}  ${dirname(native.binding)}`
      : slowerLine(tensorflow.error ?? ''),
    `ONNX Runtime ${onnx.found ? `${onnx.found.version}  ${dirname(onnx.found.binding)}` : ` ${onnx.error ?? whyNotOnnx()}`}`,
    `Temporal server  ${temporal.found?.path ?? temporal.error ?? 'none needed: TEMPORAL_ADDRESS or a profile names one'}`,
  ];
}
