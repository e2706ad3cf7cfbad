/**
 * @file The table at the end of a run: one row a stage, base first, with intervals. Plain text or Markdown.
 *
 * Accuracies and rates are in percent, intervals cover 95 %, lengths are mean response tokens.
 */
import { padEnd, padStart, printable, textWidth, truncate } from '../../text/index.ts';
import type { Interval } from './bootstrap.ts';
import type { StageReport } from './summary.ts';

interface Column {
  readonly head: string;
  readonly cell: (stage: StageReport) => string;
}

/**
 * The result table. A column that no stage has a figure for is left out; so is `cut` (responses that ran into the
 * length limit) when nothing was, what checkpoints took where not more than one was trained, and greedy accuracy beside
 * success on general prompts, for want of room.
 *
 * @param stages - at least one
 * @param width - columns of the terminal: a plain table that is wider loses what checkpoints took; one that is wider still
 * becomes a list, stage by stage
 */
export function resultTable(
  stages: readonly StageReport[],
  format: 'plain' | 'markdown' = 'plain',
  width = Infinity,
): string {
  const whole = resultRows(stages);
  const fits = (rows: string[][]) =>
    layTable(rows)
      .split('\n')
      .every((line) => textWidth(line) <= width);
  // What checkpoints took goes first: the reports have it.
  const short = format === 'plain' && !fits(whole) ? resultRows(stages, false) : whole;
  return layTable(fits(short) ? short : whole, format, width);
}

/** The cells of the result table, the heads first. */
export function resultRows(stages: readonly StageReport[], withCost = true): string[][] {
  const columns = chooseColumns(stages).filter((column) => withCost || !COST.includes(column));
  return [columns.map(({ head }) => head), ...stages.map((stage) => columns.map(({ cell }) => cell(stage)))];
}

/** Success on general prompts by kind, in percent, the heads first; null where no stage has kinds. */
export function kindRows(stages: readonly StageReport[]): string[][] | null {
  const kinds = [...new Set(stages.flatMap(({ generalKinds }) => Object.keys(generalKinds ?? {})))].sort();
  if (kinds.length === 0) return null;
  const row = ({ name, generalKinds }: StageReport) => [
    printable(name),
    ...kinds.map((kind) => percent(generalKinds?.[kind]?.success)),
  ];
  return [['general', ...kinds.map(printable)], ...stages.map(row)];
}

/** Lays out cells in columns, the first to the left; the first row are the heads. See resultTable. */
export function layTable(
  cells: readonly (readonly string[])[],
  format: 'plain' | 'markdown' = 'plain',
  width = Infinity,
): string {
  const rows =
    format === 'plain' ? cells : cells.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => textWidth(row[i]!))));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? padEnd(cell, widths[0]!) : padStart(cell, widths[i]!))),
  );
  if (format === 'plain') {
    const plain = lines.map((line) => line.join('  ').trimEnd());
    return (plain.every((line) => textWidth(line) <= width) ? plain : list(rows, width)).join('\n');
  }
  const rule = widths.map((size, i) =>
    i === 0 ? '-'.repeat(size) : `${'-'.repeat(Math.max(1, size - 1))}:`,
  );
  return [lines[0]!, rule, ...lines.slice(1)].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** The rows of a table, a line a cell: the stage, then its figures under one another. */
function list([heads = [], ...stages]: readonly (readonly string[])[], width: number): string[] {
  const column = Math.max(...heads.slice(1).map(textWidth));
  return stages.flatMap(([name = '', ...figures]) =>
    [name, ...figures.map((figure, i) => `  ${padEnd(heads[i + 1]!, column)}  ${figure}`)].map((line) =>
      truncate(line, width),
    ),
  );
}

function chooseColumns(stages: readonly StageReport[]): Column[] {
  const keys = (prefix: 'passAt' | 'consAt'): (`passAt${number}` | `consAt${number}`)[] => {
    const found = new Set(stages.flatMap((stage) => Object.keys(stage)).map((key) => suffix(key, prefix)));
    const ks = [...found].filter((k) => k > 1).sort((a, b) => a - b);
    return ks.slice(-1).map((k) => `${prefix}${k}` as const);
  };
  const whole = stages.some(
    ({ generalSuccess, passAt1 }) => generalSuccess !== undefined && passAt1 !== null,
  );
  const accuracies: Column[] = [
    { head: 'greedy', cell: (s) => (whole ? NONE : withInterval(s.greedy, s.greedyInterval)) },
    { head: 'pass@1', cell: (s) => withInterval(s.passAt1, s.passAt1Interval) },
    ...[...keys('passAt'), ...keys('consAt')].map((key) => ({
      head: key.replace('At', '@'),
      cell: (s: StageReport) => percent(s[key]),
    })),
  ];
  const scores: Column[] = [
    { head: 'language', cell: (s) => percent(s.languageConsistency) },
    { head: 'general', cell: (s) => percent(s.generalSuccess) },
  ];
  // What a single trained checkpoint took needs no column: there is nothing to compare it with.
  const compared = new Set(stages.map(({ minutes = 0 }) => minutes).filter((one) => one > 0)).size > 1;
  const truncated = stages.some((stage) => stage.truncationRate > 0);
  return [
    { head: 'stage', cell: (s) => printable(s.name) },
    ...accuracies.filter((column) => stages.some((stage) => column.cell(stage) !== NONE)),
    { head: 'format', cell: (s) => percent(s.formatRate) },
    ...scores.filter((column) => stages.some((stage) => column.cell(stage) !== NONE)),
    { head: 'length', cell: (s) => s.meanLength.toFixed(1) },
    ...(stages.some(reflects) ? REFLECTION : []),
    ...(truncated ? [{ head: 'cut', cell: (s: StageReport) => percent(s.truncationRate) }] : []),
    ...(compared ? COST : []),
  ];
}

/** Words of doubt in a response from which a table has columns for them. */
const REFLECTS = 0.5;

function reflects({ reflection }: StageReport): boolean {
  return (reflection?.words ?? 0) >= REFLECTS;
}

/** Words of doubt and attempts, means over responses. */
const REFLECTION: readonly Column[] = [
  {
    head: 'wait',
    cell: ({ reflection }) => reflection?.each.wait?.toFixed(2) ?? (reflection ? '0.00' : NONE),
  },
  { head: 'attempts', cell: ({ reflection }) => reflection?.attempts.toFixed(2) ?? NONE },
];

/** What a checkpoint took. */
const COST: readonly Column[] = [
  { head: 'tokens', cell: ({ tokens }) => (tokens === undefined ? NONE : compact(tokens)) },
  { head: 'minutes', cell: ({ minutes }) => minutes?.toFixed(1) ?? NONE },
];

/** 812160 as `812K`. */
function compact(value: number): string {
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

/** The cell of a figure that there is none of. */
export const NONE = '–';

/** A share in percent with one decimal. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : (100 * value).toFixed(1);
}

/** A share and its interval in percent: `41.2 [38.0–44.5]`. */
export function withInterval(value: number | null, interval: Interval | null): string {
  if (interval === null) return percent(value);
  return `${percent(value)} [${percent(interval[0])}–${percent(interval[1])}]`;
}

/** The k of a key such as `passAt16`; NaN for any other key. */
function suffix(key: string, prefix: string): number {
  return key.startsWith(prefix) && /^\d+$/.test(key.slice(prefix.length))
    ? Number(key.slice(prefix.length))
    : NaN;
}
