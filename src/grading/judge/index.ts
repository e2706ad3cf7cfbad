/** @file Judges: models behind endpoints that say what is right, or which of two is better. No tensors. */
export { judgeCorrectness, type Verdict } from './correctness.ts';
export { ABOUT_MATERIAL, material } from './material.ts';
export { judgeSchema } from './schema.ts';
