/** @file Public exports of the small world. */
export {
  type ColdStartConfig,
  coldStart,
  coldStartSchema,
  type Demonstration,
  generalDemonstrations,
  generalRepliesSchema,
} from './demonstrations.ts';
export {
  chainDocuments,
  type Document,
  type DocumentsConfig,
  documentsSchema,
  randomDocument,
  tagged,
} from './documents.ts';
export { type GeneralConfig, generalHeldOut, generalPrompts, generalSchema } from './general.ts';
export { worldPairs, worldPairsSchema, worldSafety, worldSafetySchema } from './judgements.ts';
export {
  apply,
  evaluate,
  expression,
  LARGEST,
  type Operator,
  type Problem,
  randomProblem,
  randomProblemOf,
} from './problem.ts';
export { type ChainConfig, chainHeldOut, chainPrompt, chainPrompts, chainSchema } from './prompts.ts';
export { documentText, END, LANGUAGES, type Language } from './words.ts';
