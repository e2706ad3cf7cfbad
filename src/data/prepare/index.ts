/** @file Public exports of filters, deduplication and decontamination. */
export { ContaminationIndex, type EvaluationSet, NGRAM, type Overlap } from './decontaminate.ts';
export { DEDUP, type Dedup, type Deduplicated, deduplicate, NEAR, type Repeat } from './dedup.ts';
export {
  type EvaluationSetConfig,
  evaluationSetSchema,
  QUESTION_COLUMNS,
  readEvaluationSet,
} from './evaluation-set.ts';
export { compileFilters, type FiltersConfig, filtersSchema } from './filters.ts';
export { wordsAndSigns } from './normal.ts';
export {
  type DataReport,
  describeReport,
  type PrepareConfig,
  type Prepared,
  prepare,
  prepareShape,
} from './prepare.ts';
