/**
 * @file Measuring a model as the paper does: pass@1, pass@k, majority vote, intervals, comparisons, and the reports
 * made of them. Statistics only: nothing here samples, grades or touches a tensor.
 */
export { type Interval, wilsonInterval } from './bootstrap.ts';
export { type CardScore, cardScores } from './cards.ts';
export { representatives } from './equivalence.ts';
export type { Measured } from './figures.ts';
export { type Graded, isRight } from './graded.ts';
export { compareMeasured, type Measures, type MeasuresCompared, measure } from './measure.ts';
export { type Comparison, compareStages, type Paired } from './paired.ts';
export { type MeasuredRow, publishedTable } from './published-table.ts';
export {
  buildReport,
  type Hardware,
  hardwareLine,
  processor,
  type RewardModelEntry,
  type RunReport,
} from './report.ts';
export { sideBySide } from './side-by-side.ts';
export { type StageReport, type StageSamples, summarise } from './summary.ts';
export { kindRows, layTable, percent, resultRows, resultTable } from './table.ts';
export { trainingReport, trainingTable } from './training.ts';
