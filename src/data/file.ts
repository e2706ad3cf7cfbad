/**
 * @file Prompts from a file of yours (JSONL, CSV or Parquet): a question in each row, and its reference answer if any.
 *
 * `{"prompt": "what is 6 * 7 ?", "answer": "42"}`: field names are knobs; an answer may be a number, or null where none
 * is known. All columns arrive with the prompt. A row that repeats an earlier question with the same answer is left out;
 * with another answer it is an error, as one of the two must be wrong; without an answer it is left out where all columns
 * are the same. A prompt's id is `file name:line`. What is read is filtered, deduplicated and decontaminated, then shuffled
 * anew each epoch by seed (training) or once (held out); so are the prompts of a benchmark's file.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Prompt } from '../records.ts';
import { BENCHMARK_NAMES, readBenchmarkItems } from './benchmarks/index.ts';
import { epochs } from './epochs.ts';
import { type FileConfig, itemOf, type RowOptions } from './file-prompt.ts';
import { streamRows } from './files/read-rows.ts';
import type { Item } from './item.ts';
import { describeReport, type PrepareConfig, prepare, prepareShape } from './prepare/index.ts';
import type { HeldOut, PromptSource } from './source.ts';

/** Settings of prompts from a benchmark's file. */
export const benchmarkSchema = z.strictObject({
  name: z.enum(BENCHMARK_NAMES).describe('Benchmark whose columns the file has'),
  path: z.string().min(1).describe('The published file (JSONL, CSV or Parquet)'),
  wording: z
    .enum(['benchmark', 'none'])
    .default('benchmark')
    .describe('`none` asks the bare question, without the form of answer asked for'),
  language: z.string().min(2).optional().describe('Language (BCP 47) in which replies are expected'),
  ...prepareShape,
});

export type BenchmarkConfig = z.output<typeof benchmarkSchema>;

/** What opening a task needs beside its configuration. */
export interface OpenOptions extends RowOptions {
  readonly seed: number;
  /** Told in one line what was left out of a file. */
  readonly note?: (text: string) => void;
}

/** A task that reads one file. */
export interface FileTask<Config> {
  train(config: Config, options: OpenOptions): Promise<PromptSource>;
  heldOut(config: Config, options: OpenOptions): Promise<HeldOut>;
}

function fileTask<Config extends PrepareConfig & { readonly path: string }>(
  read: (config: Config, options: OpenOptions) => Promise<Item[]>,
): FileTask<Config> {
  const prompts = async (config: Config, options: OpenOptions): Promise<Prompt[]> => {
    const { items, report } = await prepare(config.path, await read(config, options), config);
    if (report.kept < report.read || report.evaluationSets.length > 0) options.note?.(describeReport(report));
    return items.map(({ prompt }) => prompt);
  };
  return {
    train: async (config, options) => epochs(await prompts(config, options), options.seed, config.path),
    heldOut: async (config, options) => heldOutOf(await prompts(config, options), options.seed, config.path),
  };
}

/** Prompts from a file of yours. */
export const FILE_TASK = fileTask<FileConfig>(readFileItems);

/** Prompts from a benchmark's file. The seed also decides the order of options. */
export const BENCHMARK_TASK = fileTask<BenchmarkConfig>(({ name, path, wording, language }, { seed }) =>
  readBenchmarkItems({ name, path, wording, language, seed }),
);

/**
 * Prompts to measure on: their own order shuffled once by seed. Use another file than for training.
 * @param path - the file they are from, for messages
 */
function heldOutOf(prompts: readonly Prompt[], seed: number, path: string): HeldOut {
  const order = Random.derive(seed, 'heldout').shuffle(prompts);
  return {
    size: order.length,
    take(count) {
      if (count > order.length) {
        throw new UserError(
          `${path}: ${count} prompts asked for, ${order.length} there`,
          'Ask for fewer, or leave the number out to use all.',
        );
      }
      return order.slice(0, count);
    },
  };
}

/**
 * The prompts of a file in its order, before filters, one at a time. Of earlier rows only digests and answers are kept.
 * @throws UserError naming file and place for whatever cannot be used, and for a file without prompts
 */
export async function* fileItems(config: FileConfig, options: RowOptions = {}): AsyncGenerator<Item> {
  const earlier = new Repeats();
  let prompts = 0;
  for await (const row of streamRows(config.path)) {
    const item = itemOf(row, config, options);
    prompts += 1;
    if (!earlier.has(item.prompt, row.place)) yield item;
  }
  if (prompts > 0) return;
  throw new UserError(`${config.path}: no prompts in this file`, 'Write a question in each row.');
}

/** All prompts of a file, in memory. Throws as `fileItems` does. */
export async function readFileItems(config: FileConfig, options: RowOptions = {}): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of fileItems(config, options)) items.push(item);
  return items;
}

/** The questions met so far. */
class Repeats {
  readonly #answers = new Map<string, { readonly answer: string | null; readonly place: string }>();
  readonly #unanswered = new Set<string>();

  /** Whether a prompt repeats an earlier one; it is remembered otherwise. Throws UserError where the answers differ. */
  has({ text, messages, answer, columns = {} }: Prompt, place: string): boolean {
    const question = digest(messages === undefined ? text : JSON.stringify(messages));
    const first = this.#answers.get(question);
    if (first === undefined) this.#answers.set(question, { answer, place });
    else if (first.answer !== answer) {
      throw new UserError(
        `${place}: the question of ${first.place} again, with answer ${JSON.stringify(answer)} instead of ${JSON.stringify(first.answer)}`,
        'Keep the row whose answer is right.',
      );
    }
    if (answer !== null) return first !== undefined;
    const row = digest(JSON.stringify(columns));
    if (this.#unanswered.has(row)) return true;
    this.#unanswered.add(row);
    return false;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64').slice(0, 22);
}
