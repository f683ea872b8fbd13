/** Lanes on ONNX Runtime. */
import { onnxDevice } from '../support/devices.ts';
import { testLanes } from './lanes-contract.ts';

await testLanes(onnxDevice());
