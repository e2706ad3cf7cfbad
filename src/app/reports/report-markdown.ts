/** @file The report of a run as Markdown: the tables, and what they were measured on. */
import {
  type Comparison,
  hardwareLine,
  kindRows,
  layTable,
  type RewardModelEntry,
  type RunReport,
  resultRows,
} from '../../evaluation/statistics/index.ts';
import { printable } from '../../text/index.ts';
import { formatDuration } from '../terminal/step-line.ts';

/** The whole file. */
export function reportMarkdown(report: RunReport): string {
  const { recipe, seed, date, seconds, hardware } = report;
  const kinds = kindRows(report.stages);
  const parts = [
    `# ${printable(recipe)}`,
    `Seed ${seed}, ${date.slice(0, 10)}, ${formatDuration(seconds)} on ${printable(hardwareLine(hardware))}.`,
    'Accuracies, intervals (95 %) and rates in percent; length in response tokens.',
    layTable(resultRows(report.stages), 'markdown'),
    ...(kinds === null
      ? []
      : ['General prompts answered rightly, by kind, in percent:', layTable(kinds, 'markdown')]),
    ...(report.comparisons.length === 0
      ? []
      : [
          'Differences on the same problems, in percentage points:',
          layTable(comparisonRows(report.comparisons), 'markdown'),
        ]),
    ...(report.rewardModels === undefined
      ? []
      : [layTable(rewardModelRows(report.rewardModels), 'markdown')]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function rewardModelRows(models: readonly RewardModelEntry[]): string[][] {
  const percent = (share: number | undefined) => (share === undefined ? '–' : (100 * share).toFixed(1));
  const rows = models.map(({ name, accuracy, accuracyInterval, heldOut }) => [
    printable(name),
    `${percent(accuracy ?? undefined)} [${percent(accuracyInterval?.[0])}–${percent(accuracyInterval?.[1])}]`,
    String(heldOut),
  ]);
  return [['reward model', 'agrees with held-out judgements', 'of'], ...rows];
}

/** Differences of checkpoints in percentage points with 95 % intervals and p, the heads first. */
export function comparisonRows(comparisons: readonly Comparison[]): string[][] {
  const columns = [
    ['greedy', ({ greedy }: Comparison) => greedy],
    ['pass@1', ({ passAt1 }: Comparison) => passAt1],
    ['general', ({ general }: Comparison) => general ?? null],
  ] as const;
  const shown = columns.filter(([, of]) => comparisons.some((one) => of(one) !== null));
  const rows = comparisons.map((one) => [
    printable(`${one.from} → ${one.to}`),
    ...shown.map(([, of]) => difference(of(one))),
  ]);
  return [['from → to', ...shown.map(([head]) => head)], ...rows];
}

function difference(paired: Comparison['passAt1']): string {
  if (paired === null) return '–';
  const { interval, pValue } = paired;
  const points = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}`;
  const p = pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`;
  return `${points(paired.difference)} [${points(interval[0])} to ${points(interval[1])}], ${p}`;
}
