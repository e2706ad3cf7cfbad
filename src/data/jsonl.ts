/**
 * @file Prompts from a JSONL file: one object a line, a question and its reference answer.
 *
 * `{"prompt": "what is 6 * 7 ?", "answer": "42"}`: field names are knobs; an answer may be a number, or null where none
 * is known; other fields are ignored. Blank lines and a byte-order mark are skipped. A line that repeats an earlier
 * question with the same answer is left out; with another answer it is an error, as one of the two must be wrong.
 * The file is read whole. Order: shuffled anew each epoch, by seed; a prompt's id is `file name:line`.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Json, Prompt } from '../records.ts';
import { type HeldOut, indexCursor, type PromptSource } from './source.ts';

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

type Fields = { readonly [field: string]: Json };

function readLines(path: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause);
    throw new UserError(`${path}: ${reason}`, 'Give the path of a readable JSONL file.', { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).split('\n');
  } catch (cause) {
    throw new UserError(`${path}: not UTF-8 text`, 'Save the file as UTF-8.', { cause });
  }
}

function parseObject(line: string, place: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new UserError(`${place}: not JSON (${reason})`, 'Write one JSON object on each line.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${place}: not a JSON object`, 'Write one JSON object on each line.');
  }
  return value as Fields;
}

function missing(fields: Fields, field: string, place: string, knob: string): UserError {
  const present = Object.keys(fields).join(', ') || 'none';
  return new UserError(
    `${place}: field "${field}" is missing (fields present: ${present})`,
    `Add the field, or set ${knob} to the field that holds it.`,
  );
}

function questionOf(fields: Fields, field: string, place: string): string {
  if (!Object.hasOwn(fields, field)) throw missing(fields, field, place, 'promptField');
  const text = fields[field];
  if (typeof text !== 'string' || text.trim() === '') {
    throw new UserError(
      `${place}: field "${field}" is not a text with something in it`,
      'Write the question.',
    );
  }
  return text;
}

function referenceOf(fields: Fields, field: string, place: string): string | null {
  if (!Object.hasOwn(fields, field)) throw missing(fields, field, place, 'answerField');
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

function languageOf(fields: Fields, config: JsonlConfig, place: string): string | undefined {
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

function promptOf(fields: Fields, config: JsonlConfig, place: string, id: string): Prompt {
  const text = questionOf(fields, config.promptField, place);
  const answer = referenceOf(fields, config.answerField, place);
  const language = languageOf(fields, config, place);
  return { id, task: config.name, text, answer, ...(language === undefined ? {} : { language }) };
}

/**
 * The prompts of a JSONL file in file order. Throws UserError naming file and line for whatever cannot be read, and
 * for a file without prompts.
 */
export function readPrompts(config: JsonlConfig): Prompt[] {
  const { path } = config;
  const file = basename(path);
  const seen = new Map<string, { answer: string | null; line: number }>();
  const prompts: Prompt[] = [];
  for (const [i, line] of readLines(path).entries()) {
    if (line.trim() === '') continue;
    const place = `${path}:${i + 1}`;
    const prompt = promptOf(parseObject(line, place), config, place, `${file}:${i + 1}`);
    const earlier = seen.get(prompt.text);
    if (earlier === undefined) {
      seen.set(prompt.text, { answer: prompt.answer, line: i + 1 });
      prompts.push(prompt);
    } else if (earlier.answer !== prompt.answer) {
      throw new UserError(
        `${place}: the question of line ${earlier.line} again, with answer ${JSON.stringify(prompt.answer)} instead of ${JSON.stringify(earlier.answer)}`,
        'Keep the line whose answer is right.',
      );
    }
  }
  if (prompts.length === 0) {
    throw new UserError(`${path}: no prompts in this file`, 'Write one JSON object on each line.');
  }
  return prompts;
}

/** An endless source over a finite collection: each epoch is one shuffle, decided by seed and epoch. */
export function epochs(prompts: readonly Prompt[], seed: number, name: string): PromptSource {
  const size = prompts.length;
  let position = 0;
  let shuffled = { epoch: -1, order: [] as Prompt[] };
  const at = (index: number): Prompt => {
    const epoch = Math.floor(index / size);
    if (shuffled.epoch !== epoch) {
      shuffled = { epoch, order: Random.derive(seed, 'epoch', epoch).shuffle(prompts) };
    }
    return shuffled.order[index % size]!;
  };
  return {
    size,
    next: (count) => Array.from({ length: count }, () => at(position++)),
    cursor: () => ({ position, size }),
    seek: (cursor) => {
      position = epochCursor(cursor, size, name);
    },
  };
}

function epochCursor(cursor: Json, size: number, name: string): number {
  const saved = cursor as { position?: Json; size?: Json } | null;
  if (saved?.size !== undefined && saved.size !== size) {
    throw new UserError(
      `${name}: ${size} prompts, but the run to be resumed read ${JSON.stringify(saved.size)}`,
      'Restore the file the run began with, or start a new run.',
    );
  }
  return indexCursor(saved?.position ?? null, name);
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
