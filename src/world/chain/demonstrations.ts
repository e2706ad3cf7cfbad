/**
 * @file Worked examples of the small world, for supervised fine-tuning: the cold start, and general replies.
 *
 * The cold start teaches a readable form more than it teaches arithmetic: few and easy problems, one language, every
 * slip noticed. Made too good it would overtake reinforcement learning from the base model.
 */
import { z } from 'zod';
import { indexedSource, type Source } from '../../data/source.ts';
import { Random } from '../../random.ts';
import type { Prompt } from '../../records.ts';
import { tagged } from './documents.ts';
import { generalPrompt, generalSchema } from './general.ts';
import { openReply, repliesSchema } from './preference.ts';
import { randomProblemOf } from './problem.ts';
import { chainPrompt } from './prompts.ts';
import { answerOf, walk, writeTrace } from './trace.ts';
import { LANGUAGES } from './words.ts';

/** A prompt and the response to imitate, end of sequence not included. */
export interface Demonstration {
  readonly prompt: Prompt;
  readonly response: string;
}

const probability = (value: number, description: string) =>
  z.number().min(0).max(1).default(value).describe(description);

/** Settings of the cold start; the defaults are those the tiny recipes were measured with. */
export const coldStartSchema = z.strictObject({
  minNumbers: z.number().int().min(2).max(9).default(2).describe('Fewest numbers in a chain'),
  maxNumbers: z.number().int().min(2).max(9).default(4).describe('Most numbers in a chain'),
  slipRate: z.number().min(0).max(0.5).default(0.08).describe('Wrong steps'),
  noticeRate: probability(1, 'Slips followed by `wait` and the step once more'),
  redoRightRate: probability(1, 'Redone steps that are right'),
});

export type ColdStartConfig = z.output<typeof coldStartSchema>;

/** Endless traces in the question's language and in full tags. */
export function coldStart(options: ColdStartConfig & { seed: number }): Source<Demonstration> {
  const { seed, minNumbers, maxNumbers, ...care } = options;
  return indexedSource('cold start', (index) => {
    const random = Random.derive(seed, 'cold start', index);
    const problem = randomProblemOf('train', random.int(minNumbers, maxNumbers), random);
    const language = random.choice(LANGUAGES);
    const lines = walk(problem, care, random);
    const response = tagged(writeTrace(lines, language, random).text, answerOf(lines));
    return { prompt: chainPrompt(problem, language), response };
  });
}

/** Settings of the general replies: shares of the kinds of prompts, and how those without one answer are answered. */
export const generalRepliesSchema = generalSchema.safeExtend({
  replies: repliesSchema.prefault({}).describe('How prompts without one right answer are answered'),
});

export type GeneralRepliesConfig = z.output<typeof generalRepliesSchema>;

/** Endless general prompts, each answered after an empty thought: rightly, or where no answer is right, as people do. */
export function generalDemonstrations(
  options: GeneralRepliesConfig & { seed: number },
): Source<Demonstration> {
  const { seed, replies, ...config } = options;
  return indexedSource('general demonstrations', (index) => {
    const random = Random.derive(seed, 'general demonstration', index);
    const prompt = generalPrompt(config, 'train', random);
    return { prompt, response: tagged('', prompt.answer ?? openReply(prompt, replies, random).text) };
  });
}
