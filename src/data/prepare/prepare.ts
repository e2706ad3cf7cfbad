/**
 * @file From the items of a file to those that are used: filters, then deduplication, then decontamination, with a
 * report of what was left out and why.
 */
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { Item } from '../files/row.ts';
import { ContaminationIndex, NGRAM, type Overlap } from './decontaminate.ts';
import { DEDUP, type Deduplicated, deduplicate } from './dedup.ts';
import { evaluationSetSchema, readEvaluationSet } from './evaluation-set.ts';
import { compileFilters, filtersSchema } from './filters.ts';

/** Settings that every task reading a file has. */
export const prepareShape = {
  filters: filtersSchema.prefault({}).describe('Which prompts are taken'),
  dedup: z
    .enum(DEDUP)
    .default('none')
    .describe('Leave out repeated questions with the same answer: equal ones, or near ones too'),
  decontaminate: z
    .array(evaluationSetSchema)
    .default([])
    .describe('Evaluation sets: questions that share `ngram` words in a row with one of theirs are left out'),
  ngram: z.number().int().min(1).default(NGRAM).describe('Words in a row that make two questions overlap'),
};

const prepareSchema = z.strictObject(prepareShape);
export type PrepareConfig = z.output<typeof prepareSchema>;

/** What was left out of a file, and why. */
export interface DataReport {
  readonly file: string;
  readonly read: number;
  readonly kept: number;
  /** Items dropped by each filter, by its name; an item counts for the first it does not pass. */
  readonly filtered: { readonly [filter: string]: number };
  readonly repeats: Deduplicated['repeats'];
  readonly conflicts: Deduplicated['conflicts'];
  readonly ngram: number;
  /** The evaluation sets, with the number of items dropped for each. */
  readonly evaluationSets: readonly {
    readonly name: string;
    readonly questions: number;
    readonly dropped: number;
  }[];
  readonly overlaps: readonly ({ readonly id: string } & Overlap)[];
}

/** Items that are used, and the report. */
export interface Prepared {
  readonly items: Item[];
  readonly report: DataReport;
}

/**
 * Filters, deduplicates and decontaminates the items of `file`. Throws UserError where none is left, and for an
 * evaluation set that cannot be read.
 */
export async function prepare(
  file: string,
  items: readonly Item[],
  config: PrepareConfig,
): Promise<Prepared> {
  const filtered: Record<string, number> = {};
  const reason = compileFilters(config.filters);
  const passing = items.filter((item) => {
    const filter = reason(item);
    if (filter !== null) filtered[filter] = (filtered[filter] ?? 0) + 1;
    return filter === null;
  });
  const { kept, repeats, conflicts } = deduplicate(passing, config.dedup);
  const sets = await Promise.all(config.decontaminate.map(readEvaluationSet));
  const index = new ContaminationIndex(sets, config.ngram);
  const overlaps: ({ id: string } & Overlap)[] = [];
  const clean = kept.filter(({ prompt, question }) => {
    const overlap = index.find(question);
    if (overlap !== null) overlaps.push({ id: prompt.id, ...overlap });
    return overlap === null;
  });
  const report: DataReport = {
    file,
    read: items.length,
    kept: clean.length,
    filtered,
    repeats,
    conflicts,
    ngram: config.ngram,
    evaluationSets: sets.map(({ name, questions }) => ({
      name,
      questions: questions.length,
      dropped: overlaps.filter(({ set }) => set === name).length,
    })),
    overlaps,
  };
  if (clean.length === 0) {
    throw new UserError(
      `${file}: no prompts left of ${items.length}: ${dropped(report).join(', ')}`,
      'Loosen the filters, or give another file.',
    );
  }
  return { items: clean, report };
}

/** The report in one line: how many rows were read, kept, and left out for what. */
export function describeReport(report: DataReport): string {
  const reasons = dropped(report);
  const conflicts =
    report.conflicts.length === 0 ? [] : [`${report.conflicts.length} with another answer kept`];
  return [`${report.file}: ${report.kept} of ${report.read} prompts kept`, ...reasons, ...conflicts].join(
    ', ',
  );
}

function dropped({ filtered, repeats, ngram, evaluationSets }: DataReport): string[] {
  return [
    ...Object.entries(filtered).map(([filter, count]) => `${count} dropped by ${filter}`),
    ...(repeats.length > 0 ? [`${repeats.length} repeated`] : []),
    ...evaluationSets.map(({ name, dropped: count }) => `${count} share ${ngram} words with ${name}`),
  ];
}
