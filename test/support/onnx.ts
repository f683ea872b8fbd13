/** ONNX Runtime for tests, where it is installed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxRuntime } from '../../engine/backends/index.ts';
import { cacheDir } from '../../setup/home.ts';

const VERSION = '1.27.0';

export function findOnnx(): OnnxRuntime | undefined {
  const folder = join(cacheDir(), `onnxruntime-${VERSION}-${process.platform}-${process.arch}`);
  const binding = join(folder, 'onnxruntime_binding.node');
  return existsSync(binding) ? { version: VERSION, binding } : undefined;
}
