/** @file Public exports of the advantages. */
export { broadcast } from './broadcast.ts';
export { drGrpo } from './dr-grpo.ts';
export { type Advantage, fractionWithoutSignal } from './groups.ts';
export { grpo } from './grpo.ts';
export { ADVANTAGES, type AdvantageName, advantageSchema } from './registry.ts';
export { rloo } from './rloo.ts';
