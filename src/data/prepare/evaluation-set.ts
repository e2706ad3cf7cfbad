/** @file Evaluation sets to keep apart from training: benchmarks, or any file with questions in it. */
import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { BENCHMARK_NAMES, readBenchmarkItems, text } from '../benchmarks/index.ts';
import { readRows } from '../files/read-rows.ts';
import type { EvaluationSet } from './decontaminate.ts';

/** Columns a question is looked for in, where none is named. */
export const QUESTION_COLUMNS: readonly string[] = [
  'prompt',
  'question',
  'problem',
  'Question',
  'Problem',
  'question_content',
  'text',
];

const path = z.string().min(1);

/** An evaluation set: a path, or a path and what it holds. */
export const evaluationSetSchema = z.union([
  path.describe('File with a question in each row'),
  z.strictObject({
    path,
    benchmark: z.enum(BENCHMARK_NAMES).optional().describe('Benchmark whose columns the file has'),
    field: z.string().min(1).optional().describe('Column that holds the question'),
  }),
]);

export type EvaluationSetConfig = z.output<typeof evaluationSetSchema>;

/** Reads the questions of an evaluation set. Throws UserError for a file that cannot be read or holds none. */
export async function readEvaluationSet(config: EvaluationSetConfig): Promise<EvaluationSet> {
  const {
    path: file,
    benchmark,
    field,
  }: Exclude<EvaluationSetConfig, string> = typeof config === 'string' ? { path: config } : config;
  if (benchmark !== undefined) {
    const items = await readBenchmarkItems({ name: benchmark, path: file, seed: 0 });
    return {
      name: benchmark,
      questions: items.map(({ prompt, question }) => ({ id: prompt.id, question })),
    };
  }
  const rows = await readRows(file);
  if (rows.length === 0) {
    throw new UserError(`${file}: no rows in this file`, 'Give a file with evaluation questions.');
  }
  const columns = field === undefined ? QUESTION_COLUMNS : [field];
  return {
    name: basename(file),
    questions: rows.map((row) => ({ id: `${basename(file)}:${row.number}`, question: text(row, columns) })),
  };
}
