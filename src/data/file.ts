/**
 * @file Prompts from a file of yours (JSONL, CSV or Parquet): a question in each row, and its reference answer if any.
 *
 * `{"prompt": "what is 6 * 7 ?", "answer": "42"}`: field names are knobs; an answer may be a number, or null where none
 * is known. All columns arrive with the prompt. A row that repeats an earlier question with the same answer is left out;
 * with another answer it is an error, as one of the two must be wrong; without an answer it is left out where all columns
 * are the same. A prompt's id is `file name:line`.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { Prompt } from '../records.ts';
import { itemOf, type RowOptions } from './file-prompt.ts';
import type { FileConfig } from './file-schema.ts';
import { streamRows } from './files/read-rows.ts';
import type { Item } from './item.ts';

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
