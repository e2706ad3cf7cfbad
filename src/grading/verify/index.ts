/** @file Public exports of the verifiers. */
export { closeEngines, type EngineLimits } from './pool.ts';
export { type Verdict, type VerifyOptions, verifyChoice, verifyFast, verifyMath } from './verify.ts';
