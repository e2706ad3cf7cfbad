/** @file Public exports of the advantages. */
export { drGrpo } from './dr-grpo.ts';
export { explainedVariance } from './explained-variance.ts';
export { type Gae, type GaeOptions, gae, tokenRewards } from './gae.ts';
export { gpg } from './gpg.ts';
export { fractionWithoutSignal, hasSignal, type OutcomeAdvantage, type Reward } from './groups.ts';
export { grpo } from './grpo.ts';
export { litePpo } from './lite-ppo.ts';
export { type Advantage, type Outcomes, outcome } from './outcome.ts';
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
export { rloo } from './rloo.ts';
export { toSamples } from './samples.ts';
export { whiten } from './whiten.ts';
