/**
 * @file Prompts from a JSONL file: one object a line, a question and its reference answer.
 *
 * `{"prompt": "what is 6 * 7 ?", "answer": "42"}`: field names are knobs; an answer may be a number, or null where none
 * is known; other fields are ignored. A line that repeats an earlier question with the same answer is left out; with
 * another answer it is an error, as one of the two must be wrong.
 * Order: shuffled anew each epoch, by seed; a prompt's id is `file name:line`.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Prompt } from '../records.ts';
import { epochs } from './epochs.ts';
import { type Line, missingField, readObjects, textIn } from './json-lines.ts';
import type { HeldOut, PromptSource } from './source.ts';

/** Knobs of prompts from a JSONL file. */
export const jsonlSchema = z.strictObject({
  path: z.string().min(1).describe('JSONL file with one question and answer a line'),
  promptField: z.string().min(1).default('prompt').describe('Field that holds the question'),
  answerField: z.string().min(1).default('answer').describe('Field that holds the reference answer'),
  languageField: z.string().min(1).default('language').describe('Field with the language of a line, if any'),
  language: z.string().min(2).optional().describe('Language (BCP 47) of lines that name none'),
  name: z.string().min(1).default('jsonl').describe('Name of this task in metrics and rewards'),
});

export type JsonlConfig = z.output<typeof jsonlSchema>;

function referenceOf({ fields, place }: Line, field: string): string | null {
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

function languageOf({ fields, place }: Line, config: JsonlConfig): string | undefined {
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

function promptOf(line: Line, config: JsonlConfig): Prompt {
  const id = `${basename(config.path)}:${line.number}`;
  const text = textIn(line, config.promptField, 'promptField');
  const answer = referenceOf(line, config.answerField);
  const language = languageOf(line, config);
  return { id, task: config.name, text, answer, ...(language === undefined ? {} : { language }) };
}

/**
 * The prompts of a JSONL file in file order. Throws UserError naming file and line for whatever cannot be read, and
 * for a file without prompts.
 */
export function readPrompts(config: JsonlConfig): Prompt[] {
  const { path } = config;
  const seen = new Map<string, { answer: string | null; line: number }>();
  const prompts: Prompt[] = [];
  for (const line of readObjects(path)) {
    const prompt = promptOf(line, config);
    const earlier = seen.get(prompt.text);
    if (earlier === undefined) {
      seen.set(prompt.text, { answer: prompt.answer, line: line.number });
      prompts.push(prompt);
    } else if (earlier.answer !== prompt.answer) {
      throw new UserError(
        `${line.place}: the question of line ${earlier.line} again, with answer ${JSON.stringify(prompt.answer)} instead of ${JSON.stringify(earlier.answer)}`,
        'Keep the line whose answer is right.',
      );
    }
  }
  if (prompts.length === 0) {
    throw new UserError(`${path}: no prompts in this file`, 'Write one JSON object on each line.');
  }
  return prompts;
}

/** Training prompts from a JSONL file. */
export function jsonlPrompts(options: JsonlConfig & { seed: number }): PromptSource {
  return epochs(readPrompts(options), options.seed, options.path);
}

/** Prompts to measure on: the file's own order shuffled once by seed. Use another file than for training. */
export function jsonlHeldOut(options: JsonlConfig & { seed: number }): HeldOut {
  const prompts = readPrompts(options);
  const order = Random.derive(options.seed, 'heldout').shuffle(prompts);
  return {
    size: order.length,
    take(count) {
      if (count > order.length) {
        throw new UserError(
          `${options.path}: ${count} prompts asked for, ${order.length} there`,
          'Ask for fewer, or leave the number out to use all.',
        );
      }
      return order.slice(0, count);
    },
  };
}
