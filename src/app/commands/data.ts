/** @file `aha data`: filters, deduplicates and decontaminates a file of questions, and reports what was left out. */
import { basename } from 'node:path';
import {
  BENCHMARK_NAMES,
  type DataReport,
  type Dedup,
  describeReport,
  type EvaluationSetConfig,
  type FiltersConfig,
  filtersSchema,
  type Item,
  prepare,
  QUESTION_COLUMNS,
  type Row,
  readRows,
} from '../../data/index.ts';
import { UsageError, UserError } from '../../errors.ts';
import { writeFileAtomic, writeJsonAtomic } from '../../run/atomic.ts';

/** Options of `aha data`. */
export interface DataOptions {
  readonly out: string;
  readonly report?: string;
  readonly question?: string;
  readonly answer: string;
  /** `file` or `benchmark=file`. */
  readonly against: readonly string[];
  readonly ngram: number;
  readonly dedup: Dedup;
  readonly minCharacters?: number;
  readonly maxCharacters?: number;
  readonly language?: string;
  readonly match?: string;
  readonly reject?: string;
  readonly hasAnswer?: boolean;
  readonly where: FiltersConfig['fields'];
}

/** What became of a file. */
export interface PreparedFile {
  /** The report in one line. */
  readonly line: string;
  readonly counts: {
    readonly out: string;
    readonly report: string;
    readonly read: number;
    readonly kept: number;
    readonly filtered: DataReport['filtered'];
    readonly repeated: number;
    readonly overlapping: number;
  };
}

/** Writes the rows of `file` that are kept, and the report. Throws UserError where none is kept. */
export async function prepareFile(file: string, options: DataOptions): Promise<PreparedFile> {
  const items = (await readRows(file)).map((row) => itemOf(row, file, options));
  if (items.length === 0) throw new UserError(`${file}: no rows in this file`, 'Give a file with questions.');
  const { items: kept, report } = await prepare(file, items, {
    filters: filtersOf(options),
    dedup: options.dedup,
    decontaminate: options.against.map(evaluationSet),
    ngram: options.ngram,
  });
  const reportFile = options.report ?? `${options.out}.report.json`;
  await writeFileAtomic(options.out, kept.map(({ row }) => `${JSON.stringify(row.fields)}\n`).join(''));
  await writeJsonAtomic(reportFile, report);
  const { read, filtered, repeats, overlaps } = report;
  return {
    line: `${describeReport(report)}\nrows: ${options.out}\nreport: ${reportFile}`,
    counts: {
      out: options.out,
      report: reportFile,
      read,
      kept: kept.length,
      filtered,
      repeated: repeats.length,
      overlapping: overlaps.length,
    },
  };
}

/** A row as an item: a question that is text, an answer that may be missing. */
function itemOf(row: Row, file: string, options: DataOptions): Item {
  const columns = options.question === undefined ? QUESTION_COLUMNS : [options.question];
  const question = columns.map((column) => row.fields[column]).find((value) => typeof value === 'string');
  if (typeof question !== 'string') {
    throw new UserError(
      `${row.place}: no question in ${columns.join(', ')} (columns present: ${Object.keys(row.fields).join(', ') || 'none'})`,
      'Name the column that holds it with --question.',
    );
  }
  const value = row.fields[options.answer] ?? null;
  const answer = value === null || typeof value === 'string' ? value : JSON.stringify(value);
  const id = `${basename(file)}:${row.number}`;
  return { prompt: { id, task: 'file', text: question, answer }, question, row };
}

function filtersOf(options: DataOptions): FiltersConfig {
  const { minCharacters, maxCharacters, language, match, reject, hasAnswer, where } = options;
  const given = { minCharacters, maxCharacters, language, match, reject, hasAnswer, fields: [...where] };
  const parsed = filtersSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UsageError(`${path.join('.')}: ${message}`, 'See aha data --help.');
}

/** `gsm8k=data/test.jsonl` names a benchmark; anything else is a path, which may hold an equals sign. */
function evaluationSet(text: string): EvaluationSetConfig {
  const [, benchmark, path] = /^([a-z0-9-]+)=(.+)$/u.exec(text) ?? [];
  if (benchmark === undefined || path === undefined || !BENCHMARK_NAMES.includes(benchmark)) return text;
  return { benchmark, path };
}
