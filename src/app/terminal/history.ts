/**
 * @file History of a stage's metrics, as a few sparklines for its end.
 */
import type { StepReport } from '../../records.ts';
import { padEnd } from '../../text/index.ts';
import { resample, sparkline } from './sparkline.ts';
import { formatMetric } from './step-line.ts';

/** Metrics drawn where a stage reports them, with their words; the loss only where there is no reward. */
const DRAWN: readonly (readonly [metric: string, label: string])[] = [
  ['reward', 'reward'],
  ['rewards/accuracy/mean', 'accuracy'],
  ['rewards/search/mean', 'accuracy'],
  ['reflection/wait', 'wait'],
  ['validation/accuracy', 'held out'],
  ['completions/mean_length', 'length'],
];

/** Columns of the label and of the figures on either side of a sparkline. */
const LABEL = 10;
const FIGURES = 26;

/**
 * One line a metric: label, sparkline, first and last value (means over the first and last bin drawn).
 *
 * @param width - columns of the terminal; no lines when it is too narrow for any curve
 */
export function historyLines(reports: readonly StepReport[], width: number): string[] {
  const columns = Math.min(60, width - LABEL - FIGURES);
  if (columns < 8) return [];
  const present = DRAWN.filter(([metric]) => reports.some((report) => metric in report));
  const drawn = present.length > 0 ? present : ([['loss', 'loss']] as const);
  return drawn.flatMap(([metric, label]) => {
    // Validations are few and far between: drawn one beside the other.
    const steps = metric.startsWith('validation/') ? reports.filter((one) => metric in one) : reports;
    const values = steps.map((report) => report[metric] ?? Number.NaN);
    const finite = resample(values, columns).filter(Number.isFinite);
    // A curve of one or two points says nothing that the last line did not.
    if (finite.length < 3) return [];
    const range = `${formatMetric(metric, finite[0]!)} → ${formatMetric(metric, finite.at(-1)!)}`;
    return [`${padEnd(label, LABEL)}${sparkline(values, columns)}  ${range}`];
  });
}
