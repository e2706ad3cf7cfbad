/** @file Search problems as prompts: an endless training source and the held-out set. */
import { z } from 'zod';
import { type HeldOut, indexedPrompts, type PromptSource } from '../../data/source.ts';
import type { Split } from '../../data/split.ts';
import { UsageError } from '../../errors.ts';
import { Random } from '../../random.ts';
import type { JsonObject, Prompt } from '../../records.ts';
import { question } from './attempts.ts';
import { problemsOf, randomProblemOf, type SearchProblem } from './problem.ts';

/** Below this a thought is hardly better than a guess, and reinforcement learning stops thinking. */
export const minHitShareSchema = z
  .number()
  .min(0)
  .max(0.5)
  .default(0.12)
  .describe('Least share of the expressions of a problem that hit its target');

/** Settings of the task `search`. */
export const searchSchema = z.strictObject({ minHitShare: minHitShareSchema });

export type SearchConfig = z.output<typeof searchSchema>;

/** The prompt of a problem. It has no reference answer: any expression that hits the target is right. */
export function searchPrompt(problem: SearchProblem): Prompt {
  const { numbers, target } = problem;
  return {
    id: `search/${target}/${numbers.join('-')}`,
    task: 'search',
    text: question(problem),
    answer: null,
    language: 'en',
    meta: { search: { numbers: [...numbers], target } },
  };
}

/** The problem of a prompt that `searchPrompt` made; null for any other. */
export function problemOf({ meta }: Prompt): SearchProblem | null {
  const found = meta?.search as JsonObject | undefined;
  return found === undefined
    ? null
    : { numbers: found.numbers as readonly number[], target: found.target as number };
}

/** Endless random problems of one split. */
export function searchPrompts(options: SearchConfig & { seed: number; split: Split }): PromptSource {
  const { seed, split, minHitShare } = options;
  return indexedPrompts('search', (index) =>
    searchPrompt(randomProblemOf(split, minHitShare, Random.derive(seed, 'search', split, index))),
  );
}

/** The held-out problems, all of them: the order is decided by `seed`, and a larger set extends a smaller one. */
export function searchHeldOut(options: SearchConfig & { seed: number }): HeldOut {
  const { seed, minHitShare } = options;
  const problems = problemsOf('heldout', minHitShare);
  const prompts = Random.derive(seed, 'search', 'heldout set').shuffle(problems).map(searchPrompt);
  return {
    size: prompts.length,
    take(count) {
      if (count <= prompts.length) return prompts.slice(0, count);
      throw new UsageError(
        `search: ${count} held-out problems were asked for, and there are ${prompts.length}`,
        'Ask for a smaller evaluation set, or lower minHitShare.',
      );
    },
  };
}
