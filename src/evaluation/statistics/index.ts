/**
 * @file Measuring a model as the paper does: pass@1, pass@k, majority vote, intervals, comparisons, and the reports
 * made of them. Statistics only: nothing here samples, grades or touches a tensor.
 */
export {
  bootstrapInterval,
  type Interval,
  type Resampling,
  type Uniform,
  wilsonInterval,
} from './bootstrap.ts';
export { representatives, type SameAnswer } from './equivalence.ts';
export type { Measured } from './figures.ts';
export { type GeneralReport, generalReport, type KindReport } from './general.ts';
export { accuracy, type Graded, isRight, isScored } from './graded.ts';
export {
  compareMeasured,
  type MeasuredAtK,
  type MeasureOptions,
  type Measures,
  type MeasuresCompared,
  measure,
} from './measure.ts';
export { type Comparison, comparePaired, compareStages, type Paired } from './paired.ts';
export { consAtK, passAtK, type Vote } from './pass-at-k.ts';
export {
  PUBLISHED,
  type PublishedRow,
  publishedMetrics,
  SOURCES,
  type SourceName,
} from './published.ts';
export { type MeasuredColumns, type MeasuredRow, publishedTable } from './published-table.ts';
export { mean, quantiles } from './quantile.ts';
export {
  buildReport,
  type Hardware,
  processor,
  type RewardModelEntry,
  type RunFacts,
  type RunReport,
} from './report.ts';
export { type SideBySideOptions, sideBySide } from './side-by-side.ts';
export {
  type LengthPercentiles,
  type StageReport,
  type StageSamples,
  type SummaryOptions,
  summarise,
} from './summary.ts';
export { kindRows, layTable, NONE, percent, resultRows, resultTable, withInterval } from './table.ts';
export { type ThoughtLanguages, thoughtLanguages } from './thoughts.ts';
export { type TrainingReport, trainingReport, trainingTable } from './training.ts';
