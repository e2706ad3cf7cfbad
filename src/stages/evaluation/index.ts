/**
 * @file Evaluating a checkpoint or an endpoint on benchmarks: what `aha eval` is made of. The respondent that loads a
 * checkpoint, and libtorch with it, is imported from its own file, so that an endpoint is evaluated without.
 */
export { endpointRespondent } from './endpoint-respondent.ts';
export {
  type Evaluated,
  type EvaluationPlan,
  evaluateInto,
  readEvaluation,
  type SampleLine,
} from './evaluation.ts';
export { type Grade, type Grader, openGrader, type ReplyText } from './graders/index.ts';
export { openQuestions, QUESTION_SETS, type QuestionOptions, type QuestionSet } from './question-set.ts';
export {
  type Assignment,
  type Decoding,
  PAPER_MAX_TOKENS,
  type Reply,
  type Respondent,
  type SampleKey,
} from './respondent.ts';
export {
  type ComparedResult,
  compareWith,
  type EvaluationResult,
  measureInto,
  RESULT,
  readResult,
} from './result.ts';
export { resultsTable, resultsText, writeResults } from './result-text.ts';
export { type EvaluationSettings, type EvaluationSubject, readSettings } from './settings.ts';
