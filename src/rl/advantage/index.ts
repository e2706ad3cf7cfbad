/** @file Public exports of the advantages. */
export {
  type Advantage,
  type OutcomeAdvantage,
  type Outcomes,
  outcome,
  type Reward,
} from './definition.ts';
export { explainedVariance, type Gae, type GaeOptions, gae, tokenRewards } from './gae.ts';
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
