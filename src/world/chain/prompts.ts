/**
 * @file Chains as prompts: an endless training source and the held-out set.
 */
import { z } from 'zod';
import { type HeldOut, indexedPrompts, type PromptSource } from '../../data/source.ts';
import type { Split } from '../../data/split.ts';
import { UsageError } from '../../errors.ts';
import { Random } from '../../random.ts';
import type { Prompt } from '../../records.ts';
import { evaluate, expression, type Problem, randomProblemOf } from './problem.ts';
import { LANGUAGES, type Language, question } from './words.ts';

/** Fewest and most numbers a chain may have: two to have a step, nine to bound the length of a trace. */
const numbers = z.number().int().min(2).max(9);

/** Settings of the task `chain`. */
export const chainSchema = z
  .strictObject({
    minNumbers: numbers.default(3).describe('Fewest numbers in a chain'),
    maxNumbers: numbers.default(7).describe('Most numbers in a chain: the difficulty'),
  })
  .refine(({ minNumbers, maxNumbers }) => minNumbers <= maxNumbers, {
    message: 'minNumbers must not be above maxNumbers',
    path: ['minNumbers'],
  });

export type ChainConfig = z.output<typeof chainSchema>;

/** The prompt that asks for the value of `problem`. */
export function chainPrompt(problem: Problem, language: Language): Prompt {
  const written = expression(problem);
  return {
    id: `chain/${language}/${written.replaceAll(' ', '')}`,
    task: 'chain',
    text: question(written, language),
    answer: String(evaluate(problem)),
    language,
    meta: { n: problem.steps.length + 1 },
  };
}

/**
 * Endless random chains of one split: n uniform in minNumbers..maxNumbers, language English or Chinese with equal odds.
 * Short chains repeat: there are only some thousands with two numbers.
 */
export function chainPrompts(options: ChainConfig & { seed: number; split: Split }): PromptSource {
  const { seed, split, minNumbers, maxNumbers } = options;
  return indexedPrompts('chain', (index) => {
    const random = Random.derive(seed, 'chain', split, index);
    const n = random.int(minNumbers, maxNumbers);
    return chainPrompt(randomProblemOf(split, n, random), random.choice(LANGUAGES));
  });
}

/** Draws without a new problem after which the held-out chains of one length count as used up. */
const PATIENCE = 2_000;

/**
 * The held-out chains: no expression twice, n and language balanced (to within one prompt a pair), the order decided
 * by `seed`. A larger set extends a smaller one.
 */
export function chainHeldOut(options: ChainConfig & { seed: number }): HeldOut {
  const { seed, minNumbers, maxNumbers } = options;
  const lengths = maxNumbers - minNumbers + 1;
  return {
    size: null,
    take(count) {
      const streams = Array.from({ length: lengths }, (_, i) =>
        Random.derive(seed, 'chain', 'heldout set', minNumbers + i),
      );
      const seen = new Set<string>();
      return Array.from({ length: count }, (_, i) => {
        const which = i % lengths;
        const language = LANGUAGES[Math.floor(i / lengths) % LANGUAGES.length]!;
        return chainPrompt(unseenProblem(minNumbers + which, streams[which]!, seen), language);
      });
    },
  };
}

function unseenProblem(n: number, random: Random, seen: Set<string>): Problem {
  for (let tries = 0; tries < PATIENCE; tries++) {
    const problem = randomProblemOf('heldout', n, random);
    const written = expression(problem);
    if (seen.has(written)) continue;
    seen.add(written);
    return problem;
  }
  throw new UsageError(
    `chain: fewer held-out problems with ${n} numbers than asked for`,
    'Ask for a smaller evaluation set, or raise minNumbers.',
  );
}
