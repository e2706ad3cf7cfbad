/**
 * @file The table at the end of a run: one row a stage, base first, with intervals. Plain text or Markdown.
 *
 * Accuracies and rates are in percent, intervals cover 95 %, lengths are mean response tokens.
 */
import { padEnd, padStart, printable, textWidth } from '../run/text-width.ts';
import type { Interval } from './bootstrap.ts';
import type { StageReport } from './summary.ts';

interface Column {
  readonly head: string;
  readonly cell: (stage: StageReport) => string;
}

/**
 * The result table. A column that no stage has a figure for is left out; so is `cut` (responses that ran into the
 * length limit) when nothing was.
 *
 * @param stages - at least one
 */
export function resultTable(stages: readonly StageReport[], format: 'plain' | 'markdown' = 'plain'): string {
  const columns = chooseColumns(stages);
  const rows = [columns.map((column) => column.head), ...stages.map((s) => columns.map((c) => c.cell(s)))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => textWidth(row[i]!))));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? padEnd(cell, widths[0]!) : padStart(cell, widths[i]!))),
  );
  if (format === 'plain') return lines.map((line) => line.join('  ').trimEnd()).join('\n');
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(Math.max(1, width - 1))}:`,
  );
  return [lines[0]!, rule, ...lines.slice(1)].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function chooseColumns(stages: readonly StageReport[]): Column[] {
  const keys = (prefix: 'passAt' | 'consAt'): (`passAt${number}` | `consAt${number}`)[] => {
    const found = new Set(stages.flatMap((stage) => Object.keys(stage)).map((key) => suffix(key, prefix)));
    const ks = [...found].filter((k) => k > 1).sort((a, b) => a - b);
    return ks.slice(-1).map((k) => `${prefix}${k}` as const);
  };
  const accuracies: Column[] = [
    { head: 'greedy', cell: (s) => withInterval(s.greedy, s.greedyInterval) },
    { head: 'pass@1', cell: (s) => withInterval(s.passAt1, s.passAt1Interval) },
    ...[...keys('passAt'), ...keys('consAt')].map((key) => ({
      head: key.replace('At', '@'),
      cell: (s: StageReport) => percent(s[key]),
    })),
  ];
  const truncated = stages.some((stage) => stage.truncationRate > 0);
  return [
    { head: 'stage', cell: (s) => printable(s.name).replaceAll('|', '\\|') },
    ...accuracies.filter((column) => stages.some((stage) => column.cell(stage) !== NONE)),
    { head: 'format', cell: (s) => percent(s.formatRate) },
    { head: 'length', cell: (s) => s.meanLength.toFixed(1) },
    ...(truncated ? [{ head: 'cut', cell: (s: StageReport) => percent(s.truncationRate) }] : []),
  ];
}

const NONE = '–';

function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : (100 * value).toFixed(1);
}

function withInterval(value: number | null, interval: Interval | null): string {
  if (interval === null) return percent(value);
  return `${percent(value)} [${percent(interval[0])}–${percent(interval[1])}]`;
}

/** The k of a key such as `passAt16`; NaN for any other key. */
function suffix(key: string, prefix: string): number {
  return key.startsWith(prefix) && /^\d+$/.test(key.slice(prefix.length))
    ? Number(key.slice(prefix.length))
    : NaN;
}
