/** @file Judges: models behind endpoints that say what is right, or which of two is better. No tensors. */
export { type Case, judgeCorrectness, type Verdict } from './correctness.ts';
export { ABOUT_MATERIAL, material } from './material.ts';
export {
  CLEAR,
  type ComparisonOptions,
  comparePair,
  type Pair,
  type PairScore,
  preferred,
} from './pairwise.ts';
export { type JudgeConfig, judgeSchema } from './schema.ts';
export { type AskOptions, askJson, lastObject } from './verdict.ts';
