/**
 * @file A limit on words in sampled responses: the same checkpoint with `wait` forbidden, or allowed so many times, shows
 * what the word is worth.
 */
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { Tokenizer } from '../text/index.ts';

export const wordLimitSchema = z.strictObject({
  words: z.array(z.string().trim().min(1)).min(1).describe('Words, each a token of the checkpoint'),
  most: z.number().int().min(0).describe('How often a response may hold one of them; 0 forbids them'),
});

export type WordLimit = z.output<typeof wordLimitSchema>;

/**
 * The tokens that are one of these words, in any case and with or without a blank before: of most tokenizers `wait`,
 * ` wait`, `Wait` and ` Wait`.
 * @throws UsageError for a word that no token is
 */
export function tokensOfWords(words: readonly string[], tokenizer: Tokenizer): number[] {
  const found = new Map(words.map((word) => [word.toLowerCase(), [] as number[]]));
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    found.get(tokenizer.decode([id]).trim().toLowerCase())?.push(id);
  }
  for (const [word, ids] of found) {
    if (ids.length > 0) continue;
    throw new UsageError(
      `sampling.limit.words: "${word}" is no token of the checkpoint’s tokenizer`,
      'Name words that are one token each, such as common English words.',
    );
  }
  return [...found.values()].flat();
}
