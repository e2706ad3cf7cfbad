/**
 * @file Fluency: does the answer read like the expected style? For prompts without an exact answer.
 *
 * The mean of four parts, each 0..1: sentences of a usual length; little repetition of runs of three words; no word said
 * many times in a row; and mostly words rather than symbols. Code, LaTeX, links and tags are left out of all of them.
 * Limits: grammar and spelling are not looked at, and a text copied from elsewhere reads as fluently as its source.
 */
import { z } from 'zod';
import type { Completion } from '../../records.ts';
import { defineReward } from './definition.ts';
import { words } from './language.ts';
import type { Reward } from './reward.ts';
import { longestRun, meanOf, repetition, sentencesOf } from './text-measures.ts';

/** Settings of the reward `fluency`. */
export const fluencySchema = z.strictObject({
  minWords: z.number().int().min(1).default(2).describe('Fewest words of a usual sentence'),
  maxWords: z.number().int().positive().default(40).describe('Most words of a usual sentence'),
  maxRun: z.number().int().positive().default(3).describe('Times in a row a word may be said'),
  of: z
    .enum(['answer', 'response'])
    .default('answer')
    .describe('What is judged: the answer, or the thought with it'),
});

/** Characters of ordinary text beside letters and digits. */
const ORDINARY = /[\p{L}\p{M}\p{N}\s.,;:!?'"’“”()\-–—。，、；：！？（）「」]/u;
const NGRAM = 3;

type Options = z.output<typeof fluencySchema>;

/** How fluently a text reads, 0..1; 0 for one without words. */
export function fluencyScore(
  text: string,
  options: Pick<Options, 'minWords' | 'maxWords' | 'maxRun'>,
): number {
  const all = words(text).map((word) => word.toLowerCase());
  if (all.length === 0) return 0;
  const lengths = sentencesOf(text)
    .map((sentence) => words(sentence).length)
    .filter((length) => length > 0);
  const usual = lengths.filter((length) => length >= options.minWords && length <= options.maxWords);
  const characters = [...text];
  return meanOf([
    usual.length / Math.max(1, lengths.length),
    1 - repetition(all, NGRAM),
    longestRun(all) <= options.maxRun ? 1 : 0,
    characters.filter((sign) => ORDINARY.test(sign)).length / characters.length,
  ]);
}

/** The fluency reward, 0..1. */
export function fluencyReward(options: Options): Reward {
  return {
    name: 'fluency',
    score({ response: { thought, said } }: Completion) {
      const parts = options.of === 'answer' ? [said] : [thought, said];
      return fluencyScore(parts.filter((part) => part !== null).join('\n'), options);
    },
  };
}

export const fluency = defineReward({
  name: 'fluency',
  about: 'Does the answer read like prose? 0..1, by rule',
  says: 'form',
  schema: fluencySchema,
  create: fluencyReward,
});
