/** What native TensorFlow replays. */
import { nativeDevice } from '../support/devices.ts';
import { testReplay } from './replay-contract.ts';

await testReplay(await nativeDevice());
