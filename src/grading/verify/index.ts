/** @file Public exports of the verifiers. */

export { finalExpressions, findAnswer } from './extract.ts';
export { closeEngines, type EngineLimits } from './pool.ts';
export { type Verdict, type VerifyOptions, verifyChoice, verifyFast, verifyMath } from './verify.ts';
