/**
 * @file Evaluation: a question set, answered by a target, graded and measured. The target that loads a checkpoint, and
 * libtorch with it, is imported from its own file, so that an endpoint is evaluated without.
 */

export { endpointCompletion, remoteMessages } from './endpoint-completion.ts';
export { endpointTarget } from './endpoint-target.ts';
export {
  type EvaluationPlan,
  evaluateInto,
  type GradedDraw,
  readEvaluation,
  sampleAlong,
  stageSamples,
} from './evaluation.ts';
export { findForm } from './forms/index.ts';
export { type Grader, openFormGrader, openGrader, openVerifier } from './grader.ts';
export { heldOutDraws } from './held-out.ts';
export {
  fileOf,
  needsShots,
  openQuestions,
  type QuestionSet,
  questionSetNamed,
} from './question-set.ts';
export { compareWith, type EvaluationResult, measureInto, RESULT, readResult } from './result.ts';
export { resultsTable, resultsText, writeResults } from './result-text.ts';
export { repoOf } from './source.ts';
export { type CardScore, cardScores } from './statistics/index.ts';
export { type Decoding, type Draw, PAPER_MAX_TOKENS, type Target } from './target.ts';
export { wordLimitSchema } from './word-limit.ts';
