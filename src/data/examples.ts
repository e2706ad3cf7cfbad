/**
 * @file Prompts of a task as examples of what it asks, without opening it for training: nothing is shuffled,
 * deduplicated or decontaminated, and no file is held in memory.
 */

import type { Prompt } from '../records.ts';
import { filteredItems } from './check.ts';
import { openPrompts, type TaskConfig } from './tasks.ts';

/** Prompts of a generated task that are looked at: a kind with a share of 2 % is missed once in 24,000 times. */
const GENERATED = 500;

/**
 * The prompts of a task, one at a time: those of its file that pass the filters, or the first 500 that are generated.
 * @param resolve - path of a file
 * @throws UserError for a row that cannot be read
 */
export async function* examplePrompts(
  task: TaskConfig,
  resolve: (reference: string) => string,
): AsyncGenerator<Prompt> {
  if ('path' in task) {
    const options = { requireAnswers: false };
    for await (const { prompt } of filteredItems({ ...task, path: resolve(task.path) }, options))
      yield prompt;
    return;
  }
  const source = await openPrompts([task], { seed: 0, resolve });
  for (let i = 0; i < GENERATED; i++) yield source.next(1)[0]!;
}
