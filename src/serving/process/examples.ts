/**
 * @file Questions that fit a model, for the chat page to begin with: those of `examples.json` in its checkpoint, or those
 * that its vocabulary can spell.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Tokenizer } from '../../text/index.ts';

const MOST = 6;
const LONGEST = 300;
const examplesSchema = z.array(z.string().trim().min(1).max(LONGEST)).max(MOST);

const SHOWN = 3;
/** General questions, then those of the small world, whose models know no other words. */
const QUESTIONS = [
  'What is 17 × 24 − 9?',
  'How many primes are there below 30?',
  'Solve x² − 5x + 6 = 0.',
  'what is 12 + 30 - 5 ?',
  'what is 7 * 8 + 20 ?',
  '求 30 * 2 + 8 ?',
];

/** @throws UsageError where the checkpoint has an `examples.json` that is no list of questions */
export function exampleQuestions(checkpoint: string, tokenizer: Tokenizer): readonly string[] {
  const file = path.join(checkpoint, 'examples.json');
  if (existsSync(file)) return readExamples(file);
  return QUESTIONS.filter((question) => canSpell(tokenizer, question)).slice(0, SHOWN);
}

function readExamples(file: string): readonly string[] {
  try {
    if (!statSync(file).isFile()) throw new Error('it is no file');
    return examplesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : (error as Error).message;
    throw new UsageError(
      `${file}: no list of example questions (${reason})`,
      `Give at most ${MOST} texts of 1 to ${LONGEST} characters, as in ["What is 2 + 2?"], or remove the file.`,
      { cause: error },
    );
  }
}

function canSpell(tokenizer: Tokenizer, text: string): boolean {
  const { unknownId } = tokenizer;
  return unknownId === undefined || !tokenizer.encode(text).includes(unknownId);
}
