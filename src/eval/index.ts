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
export { accuracy, type Graded, isRight, isScored } from './graded.ts';
export { type Comparison, comparePaired, compareStages, type Paired } from './paired.ts';
export { consAtK, passAtK, type Vote } from './pass-at-k.ts';
export { mean, quantiles } from './quantile.ts';
export { buildReport, type Hardware, processor, type RunFacts, type RunReport } from './report.ts';
export { type SideBySideOptions, sideBySide } from './side-by-side.ts';
export {
  type LengthPercentiles,
  type StageReport,
  type StageSamples,
  type SummaryOptions,
  summarise,
} from './summary.ts';
export { resultTable } from './table.ts';
