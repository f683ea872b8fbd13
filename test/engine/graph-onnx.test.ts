/** What ONNX Runtime replays. */
import { onnxDevice } from '../support/devices.ts';
import { testReplay } from './replay-contract.ts';

await testReplay(onnxDevice());
