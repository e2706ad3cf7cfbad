/**
 * @file A measured result beside the published ones: one row a model, one column a benchmark and metric.
 *
 * Every cell says where it is from: `m1` … was measured (when, how many problems and samples), `p1` … was published
 * (where). Measured rows come first and have their 95 % intervals; published ones are as printed and have none.
 */
import { printable } from '../../text/index.ts';
import type { Measured } from './figures.ts';
import { PUBLISHED, publishedMetrics, SOURCES, type SourceName } from './published.ts';
import { layTable, NONE, withInterval } from './table.ts';

/** One benchmark's figures of a measured row, in [0, 1], by metric (`pass@1`, `cons@64` …). */
export interface MeasuredColumns {
  readonly benchmark: string;
  readonly figures: { readonly [metric: string]: Measured };
  /** How it was measured, for the legend: date, problems, samples, settings. */
  readonly how: string;
}

/** A measured model. */
export interface MeasuredRow {
  readonly model: string;
  readonly results: readonly MeasuredColumns[];
}

interface Column {
  readonly benchmark: string;
  readonly metric: string;
}

/** Notes behind cells, numbered in the order they are met. */
class Legend {
  readonly #marks = new Map<string, string>();
  readonly #letter: string;

  constructor(letter: string) {
    this.#letter = letter;
  }

  mark(note: string): string {
    const mark = this.#marks.get(note) ?? `${this.#letter}${this.#marks.size + 1}`;
    this.#marks.set(note, mark);
    return mark;
  }

  lines(word: string): string[] {
    return [...this.#marks].map(([note, mark]) => `${mark}: ${word}: ${note}`);
  }
}

/**
 * The table with its legend.
 *
 * @param rows - the measured models, at least one; their benchmarks decide the columns
 * @param titles - how benchmarks are headed, by name
 */
export function publishedTable(
  rows: readonly MeasuredRow[],
  titles: { readonly [benchmark: string]: string },
  format: 'plain' | 'markdown' = 'plain',
): string {
  const columns = chooseColumns(rows);
  const [measured, published] = [new Legend('m'), new Legend('p')];
  const body = [...measuredRows(rows, columns, measured), ...publishedRows(columns, published)];
  const head = [
    'model',
    ...columns.map(({ benchmark, metric }) => `${titles[benchmark] ?? benchmark} ${metric}`),
  ];
  const legend = [
    ...measured.lines('measured'),
    ...published.lines('published'),
    ...unpublished(columns, titles),
  ];
  const notes = format === 'markdown' ? legend.map((line) => `- ${line}`) : legend;
  return [layTable([head, ...body], format), '', ...notes].join('\n');
}

/** Every metric that was measured or published for the benchmarks of the rows. */
function chooseColumns(rows: readonly MeasuredRow[]): Column[] {
  const benchmarks = [...new Set(rows.flatMap(({ results }) => results.map(({ benchmark }) => benchmark)))];
  return benchmarks.flatMap((benchmark) => {
    const own = rows.flatMap(({ results }) =>
      results.filter((one) => one.benchmark === benchmark).flatMap(({ figures }) => Object.keys(figures)),
    );
    const metrics = [...new Set([...own, ...publishedMetrics(benchmark)])];
    return metrics.map((metric) => ({ benchmark, metric }));
  });
}

function measuredRows(rows: readonly MeasuredRow[], columns: readonly Column[], legend: Legend): string[][] {
  return rows.map(({ model, results }) => [
    cellText(model),
    ...columns.map(({ benchmark, metric }) => {
      const result = results.find((one) => one.benchmark === benchmark);
      const figure = result?.figures[metric];
      if (result === undefined || figure === undefined) return NONE;
      return `${withInterval(figure.value, figure.interval)} ${legend.mark(cellText(result.how))}`;
    }),
  ]);
}

/** Published models with a figure in one of the columns; rows of one model from several sources are made one. */
function publishedRows(columns: readonly Column[], legend: Legend): string[][] {
  const models = [...new Set(PUBLISHED.map(({ model }) => model))];
  return models.flatMap((model) => {
    const rows = PUBLISHED.filter((row) => row.model === model);
    const cells = columns.map(({ benchmark, metric }) => {
      const row = rows.find((one) => one.cells[benchmark]?.[metric] !== undefined);
      if (row === undefined) return NONE;
      return `${row.cells[benchmark]![metric]!.toFixed(metric === 'rating' ? 0 : 1)} ${legend.mark(noteOf(row.source))}`;
    });
    return cells.every((cell) => cell === NONE) ? [] : [[model, ...cells]];
  });
}

function unpublished(columns: readonly Column[], titles: { readonly [benchmark: string]: string }): string[] {
  const names = [...new Set(columns.map(({ benchmark }) => benchmark))];
  const without = names
    .filter((name) => publishedMetrics(name).length === 0)
    .map((name) => titles[name] ?? name);
  return without.length === 0
    ? []
    : [`nothing to compare with is published for ${cellText(without.join(', '))}`];
}

function noteOf(source: SourceName): string {
  return SOURCES[source];
}

/** A name of a user's choosing on one line. */
function cellText(text: string): string {
  return printable(text).replaceAll('\n', ' ');
}
