/** @file Public exports of the verifiers. */

export { findAnswer } from './extract.ts';
export { finalExpressions } from './final.ts';
export { closeEngines, type EngineLimits } from './pool.ts';
export { type Verdict, type VerifyOptions, verifyChoice, verifyFast, verifyMath } from './verify.ts';
