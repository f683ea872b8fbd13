/** Lanes on native TensorFlow. */
import { nativeDevice } from '../support/devices.ts';
import { testLanes } from './lanes-contract.ts';

await testLanes(await nativeDevice());
