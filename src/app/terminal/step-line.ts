/**
 * @file One step's metrics as a short line: which are shown, under which words, and what is dropped when it is narrow.
 */
import type { StepReport } from '../../records.ts';
import { textWidth } from '../../text/index.ts';

/** One figure of the line. */
export interface Field {
  readonly text: string;
  /** 0 is kept longest. */
  readonly rank: number;
}

interface Shown {
  readonly metric: string;
  readonly label: string;
  readonly format: (value: number) => string;
  readonly rank: number;
  /** Shown only where this metric is absent. */
  readonly unless?: string;
  /** Shown only where this holds of the step. */
  readonly shows?: (report: StepReport) => boolean;
}

/** Whether more than a few responses of a step try more than once: attempts say nothing otherwise. */
export const doubts = (report: StepReport): boolean => (report['reflection/attempts'] ?? 1) >= 1.05;

const RIGHT = ['rewards/accuracy/mean', 'rewards/search/mean'];
/** Attempts take the reward's place, if the accuracy is shown. */
const needsReward = (report: StepReport): boolean =>
  !doubts(report) || !RIGHT.some((metric) => metric in report);

/**
 * In order of display. Reward comes first and the loss of a policy-gradient step is not shown: with on-policy GRPO it
 * is 0 by construction, which says nothing of how the training goes.
 */
const SHOWN: readonly Shown[] = [
  { metric: 'reward', label: 'reward', format: decimal, rank: 0, shows: needsReward },
  { metric: 'loss', label: 'loss', format: decimal, rank: 0, unless: 'reward' },
  { metric: 'rewards/accuracy/mean', label: 'accuracy', format: percent, rank: 1 },
  { metric: 'rewards/search/mean', label: 'accuracy', format: percent, rank: 1 },
  { metric: 'accuracy', label: 'accuracy', format: percent, rank: 1 },
  { metric: 'validation/accuracy', label: 'validation', format: percent, rank: 2 },
  {
    metric: 'validation/reward',
    label: 'validation',
    format: decimal,
    rank: 2,
    unless: 'validation/accuracy',
  },
  { metric: 'kept_share', label: 'kept', format: percent, rank: 1 },
  { metric: 'completions/mean_length', label: 'length', format: whole, rank: 3 },
  { metric: 'reflection/wait', label: 'wait', format: tenths, rank: 3, shows: doubts },
  { metric: 'reflection/attempts', label: 'attempts', format: tenths, rank: 3, shows: doubts },
  { metric: 'rewards/format/mean', label: 'format', format: percent, rank: 4 },
  { metric: 'tokens_per_second', label: 'tok/s', format: whole, rank: 5 },
];

/** Metrics that describe the step rather than the training; shown by no fallback. */
const BOOKKEEPING = new Set(['step', 'seconds', 'epoch', 'learning_rate', 'grad_norm']);

/** A value as the line shows it: accuracies and rates in percent, lengths as whole tokens. */
export function formatMetric(metric: string, value: number): string {
  return (SHOWN.find((shown) => shown.metric === metric)?.format ?? decimal)(value);
}

/** The figures of a step. Where it reports none of the known metrics, its first three others under their own names. */
export function stepFields(report: StepReport): Field[] {
  const known = SHOWN.filter(
    ({ metric, unless, shows }) =>
      metric in report && !(unless !== undefined && unless in report) && (shows?.(report) ?? true),
  );
  if (known.length > 0) {
    return known.map(({ metric, label, format, rank }) => ({
      text: `${label} ${format(report[metric]!)}`,
      rank,
    }));
  }
  return Object.entries(report)
    .filter(([metric]) => !BOOKKEEPING.has(metric))
    .slice(0, 3)
    .map(([metric, value], i) => ({ text: `${metric} ${decimal(value)}`, rank: i }));
}

/**
 * Joins a head (always kept) and fields into one line of at most `width` columns, leaving out the fields of highest
 * rank first. The head alone may still be wider.
 */
export function fitLine(head: string, fields: readonly Field[], width: number): string {
  let kept = [...fields];
  const line = () => [head, ...kept.map((field) => field.text)].join('  ');
  while (kept.length > 0 && textWidth(line()) > width) {
    const worst = Math.max(...kept.map((field) => field.rank));
    kept = kept.filter((field) => field.rank !== worst);
  }
  return line();
}

/** Seconds as `8s`, `2m 05s`, `3h 07m`, `2d 04h`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (total < 60) return `${total}s`;
  if (total < 3600) return `${Math.floor(total / 60)}m ${two(total % 60)}s`;
  const minutes = Math.round(total / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.round(total / 3600);
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

/** A metric in three significant digits or two decimals, whichever shows more. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.01 || size >= 1e6)) return value.toExponential(1);
  return value.toFixed(size < 1 ? 3 : 2);
}

function tenths(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : String(value);
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${Math.round(100 * value)}%` : String(value);
}

function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : String(value);
}
