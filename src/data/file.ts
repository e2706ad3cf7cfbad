/**
 * @file Prompts from a file of yours (JSONL, CSV or Parquet): a question and its reference answer in each row.
 *
 * `{"prompt": "what is 6 * 7 ?", "answer": "42"}`: field names are knobs; an answer may be a number, or null where none
 * is known; other fields are for filters only. A row that repeats an earlier question with the same answer is left out;
 * with another answer it is an error, as one of the two must be wrong. A prompt's id is `file name:line`.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Prompt } from '../records.ts';
import { type Row, readRows } from './files/read-rows.ts';
import type { Item } from './item.ts';
import { missingField, textIn } from './json-lines.ts';
import { prepareShape } from './prepare/prepare.ts';

/** Knobs of prompts from a file. */
export const fileSchema = z.strictObject({
  path: z.string().min(1).describe('JSONL, CSV or Parquet file with a question and its answer in each row'),
  promptField: z.string().min(1).default('prompt').describe('Field that holds the question'),
  answerField: z.string().min(1).default('answer').describe('Field that holds the reference answer'),
  languageField: z.string().min(1).default('language').describe('Field with the language of a row, if any'),
  language: z.string().min(2).optional().describe('Language (BCP 47) of rows that name none'),
  name: z.string().min(1).default('file').describe('Name of this task in metrics and rewards'),
  ...prepareShape,
});

export type FileConfig = z.output<typeof fileSchema>;

function referenceOf({ fields, place }: Row, field: string): string | null {
  if (!Object.hasOwn(fields, field)) throw missingField(fields, field, place, 'answerField');
  const answer = fields[field];
  if (answer === null) return null;
  if (typeof answer === 'number') {
    const written = String(answer);
    if (Math.abs(answer) > Number.MAX_SAFE_INTEGER || written.includes('e')) {
      throw new UserError(
        `${place}: answer ${answer} is too large or too small to be read as written`,
        'Put it in quotes.',
      );
    }
    return written;
  }
  if (typeof answer !== 'string' || answer.trim() === '') {
    throw new UserError(
      `${place}: field "${field}" is neither a number nor a text with something in it`,
      'Write the reference answer, or null where none is known.',
    );
  }
  return answer;
}

function languageOf({ fields, place }: Row, config: FileConfig): string | undefined {
  const language = fields[config.languageField] ?? config.language;
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

function promptOf(row: Row, config: FileConfig): Prompt {
  const id = `${basename(config.path)}:${row.number}`;
  const text = textIn(row, config.promptField, 'promptField');
  const answer = referenceOf(row, config.answerField);
  const language = languageOf(row, config);
  return { id, task: config.name, text, answer, ...(language === undefined ? {} : { language }) };
}

/**
 * The prompts of a file in its order, before filters. Throws UserError naming file and place for whatever cannot be
 * read, and for a file without prompts.
 */
export async function readFileItems(config: FileConfig): Promise<Item[]> {
  const { path } = config;
  const seen = new Map<string, { answer: string | null; place: string }>();
  const items: Item[] = [];
  for (const row of await readRows(path)) {
    const prompt = promptOf(row, config);
    const earlier = seen.get(prompt.text);
    if (earlier === undefined) {
      seen.set(prompt.text, { answer: prompt.answer, place: row.place });
      items.push({ prompt, question: prompt.text, row });
    } else if (earlier.answer !== prompt.answer) {
      throw new UserError(
        `${row.place}: the question of ${earlier.place} again, with answer ${JSON.stringify(prompt.answer)} instead of ${JSON.stringify(earlier.answer)}`,
        'Keep the row whose answer is right.',
      );
    }
  }
  if (items.length === 0) {
    throw new UserError(`${path}: no prompts in this file`, 'Write a question and its answer in each row.');
  }
  return items;
}
