/** What can run a recorded graph; the first that is there is used. A new one is a folder and a line here. */
import { onnx } from './onnx/index.ts';
import { tensorflow } from './tensorflow/index.ts';
import type { Device } from './types.ts';

/** Each: the device, or undefined if it is not to be had with the tfjs backend in use. Asked at every call. */
const devices: readonly (() => Device | undefined)[] = [tensorflow, onnx];

export function deviceInUse(): Device | undefined {
  for (const found of devices) {
    const device = found();
    if (device !== undefined) return device;
  }
  return undefined;
}
