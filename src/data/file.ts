/**
 * @file Prompts from a file of yours (JSONL, CSV or Parquet): a question in each row, and its reference answer if any.
 *
 * `{"prompt": "what is 6 * 7 ?", "answer": "42"}`: field names are settings; an answer may be a number, or null where none
 * is known. All columns arrive with the prompt. A row that repeats an earlier question with the same answer is left out;
 * with another answer it is an error, as one of the two must be wrong; without an answer it is left out where all columns
 * are the same. A prompt's id is `file name:line`. What is read is filtered, deduplicated and decontaminated, then shuffled
 * anew each epoch by seed (training) or once (held out); so are the prompts of a benchmark's file.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { type ChatMessage, columnOf, freezeJson, isJsonObject, type Json, type Prompt } from '../records.ts';
import { BENCHMARK_NAMES, readBenchmarkItems } from './benchmarks/index.ts';
import { streamRows } from './files/read-rows.ts';
import type { Row } from './files/row.ts';
import { type Item, missingField, textIn } from './files/row.ts';
import { readMessages, refusal } from './messages.ts';
import { describeReport, type PrepareConfig, prepare, prepareShape } from './prepare/index.ts';
import { epochs, type HeldOut, type PromptSource } from './source.ts';

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

/** Settings of prompts from a file. */
export const fileSchema = z.strictObject({
  path: z.string().min(1).describe('JSONL, CSV or Parquet file with a question in each row'),
  promptField: z
    .string()
    .min(1)
    .default('prompt')
    .describe('Field that holds the question: a text, or the messages of a conversation'),
  promptTemplate: z
    .string()
    .min(1)
    .optional()
    .describe('Question made of columns, in place of promptField: `Use {nums} to make {target}.`'),
  system: z.string().min(1).optional().describe('System prompt of rows whose messages have none'),
  answerField: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Field that holds the reference answer (`a.b`: b inside the object a); `answer`, else `reward_model.ground_truth`, unless given',
    ),
  languageField: z.string().min(1).default('language').describe('Field with the language of a row, if any'),
  language: z.string().min(2).optional().describe('Language (BCP 47) of rows that name none'),
  name: z.string().min(1).default('file').describe('Name of this task in metrics and rewards'),
  ...prepareShape,
});

export type FileConfig = z.output<typeof fileSchema>;

/** What whoever reads prompts wants of their rows. */
export interface RowOptions {
  /**
   * Whether each row must have a column with the reference answer, be it null; so unless given. Where nothing compares
   * answers, a column that is missing or holds no answer that could be compared gives null.
   */
  readonly requireAnswers?: boolean;
}

/** Columns that hold the reference answer where none is named: of a plain file, and of verl's layout. */
const ANSWERS = ['answer', 'reward_model.ground_truth'] as const;

/**
 * The prompt of a row, and the question in it: all that the user says.
 * @throws UserError naming place, column and remedy for what cannot be used
 */
export function itemOf(row: Row, config: FileConfig, options: RowOptions = {}): Item {
  const language = languageOf(row, config);
  const { text, messages, question } = askedIn(row, config);
  const prompt: Prompt = {
    id: `${basename(config.path)}:${row.number}`,
    task: config.name,
    text,
    ...(messages !== undefined && { messages }),
    answer: referenceOf(row, config, options.requireAnswers ?? true),
    ...(language !== undefined && { language }),
    columns: freezeJson(row.fields),
  };
  return { prompt, question, row };
}

interface Asked extends Pick<Prompt, 'text' | 'messages'> {
  readonly question: string;
}

function askedIn(row: Row, config: FileConfig): Asked {
  const { promptField, promptTemplate, system } = config;
  const value = columnOf(row.fields, promptField);
  const apart = system === undefined ? [] : [{ role: 'system', content: system }];
  if (promptTemplate !== undefined || !Array.isArray(value)) {
    const text =
      promptTemplate === undefined
        ? textIn(row, promptField, 'promptField or promptTemplate')
        : fromColumns(row, promptTemplate);
    const messages = [...apart, { role: 'user', content: text }];
    return { text, question: text, ...(system !== undefined && { messages: freezeJson(messages) }) };
  }
  const at = { place: row.place, column: promptField };
  const own = readMessages(value, at);
  const messages = own[0]?.role === 'system' ? own : [...apart, ...own];
  const asked = messages.filter(({ role }) => role === 'user').map(({ content }) => content as string);
  if (asked.length === 0) throw refusal('the prompt has no message of the user', at);
  if (messages.at(-1)!.role === 'assistant') {
    throw refusal('the prompt ends in the assistant’s turn, which is the model’s to write', at);
  }
  return {
    text: asked.at(-1)!,
    question: asked.join('\n'),
    messages: freezeJson(messages as Json[]) as ChatMessage[],
  };
}

/** The template with the values of columns in it. */
function fromColumns(row: Row, promptTemplate: string): string {
  return promptTemplate.replaceAll(/\{\{|\}\}|\{([^{}]+)\}/g, (match, name: string | undefined) => {
    if (name === undefined) return match[0]!;
    const value = columnOf(row.fields, name);
    if (value === undefined) throw missingField(row.fields, name, row.place, 'promptTemplate');
    return written(value);
  });
}

/** A value as it is written in a text: lists as `[1, 2]`, texts as they are. */
export function written(value: Json): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(inner).join(', ')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${inner(item)}`);
  return `{${entries.join(', ')}}`;
}

function inner(value: Json): string {
  return typeof value === 'string' ? JSON.stringify(value) : written(value);
}

function referenceOf({ fields, place }: Row, { answerField }: FileConfig, required: boolean): string | null {
  const field = answerField ?? ANSWERS.find((name) => columnOf(fields, name) !== undefined) ?? ANSWERS[0];
  const answer = columnOf(fields, field);
  if (answer === undefined) {
    if (required || answerField !== undefined) throw missingField(fields, field, place, 'answerField');
    return null;
  }
  if (answer === null) return null;
  const reference = answerText(answer);
  if (typeof reference === 'string') return reference;
  if (!required) return null;
  throw reference.problem(place, field);
}

/** An answer as it would be written, or what is wrong with it. */
function answerText(answer: Json): string | { problem(place: string, field: string): UserError } {
  if (typeof answer === 'string' && answer.trim() !== '') return answer;
  if (typeof answer !== 'number') {
    return {
      problem: (place, field) =>
        new UserError(
          `${place}: field "${field}" is neither a number nor a text with something in it`,
          'Write the reference answer, or null where none is known.',
        ),
    };
  }
  const text = String(answer);
  if (Math.abs(answer) <= Number.MAX_SAFE_INTEGER && !text.includes('e')) return text;
  return {
    problem: (place) =>
      new UserError(
        `${place}: answer ${answer} is too large or too small to be read as written`,
        'Put it in quotes.',
      ),
  };
}

function languageOf({ fields, place }: Row, config: FileConfig): string | undefined {
  const language = columnOf(fields, config.languageField) ?? config.language;
  if (language === undefined) return undefined;
  try {
    if (typeof language === 'string') return Intl.getCanonicalLocales(language)[0];
  } catch {
    // Not a language tag: reported below with whatever else is not one.
  }
  throw new UserError(
    `${place}: ${JSON.stringify(language)} is not a language tag`,
    'Write a BCP 47 tag such as "en" or "zh".',
  );
}
