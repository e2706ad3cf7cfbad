/** @file Public exports of the small worlds: their problems, documents, tokenizer and rewards. */

export * from './chain/index.ts';
export { chainSteps } from './chain-steps.ts';
export * from './search/index.ts';
export { wanted, wantedScore } from './wanted.ts';
export { worldTokenizer, writeWorldTokenizer } from './world-tokenizer.ts';
export * from './world-vocabulary.ts';
