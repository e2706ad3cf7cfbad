/** @file Public exports of the advantages. */
export { type Outcomes, outcome } from './definition.ts';
export { explainedVariance, type GaeOptions, gae, tokenRewards } from './gae.ts';
export { drGrpo, fractionWithoutSignal, gpg, grpo, hasSignal, litePpo, rloo } from './groups.ts';
export { processSupervision } from './process.ts';
export {
  ADVANTAGES,
  type AdvantageName,
  advantageNeeds,
  advantageSchema,
  type CriticFreeName,
  isGroupRelative,
} from './registry.ts';
export { reinforcePlusPlus } from './reinforce.ts';
export { whiten } from './whiten.ts';
