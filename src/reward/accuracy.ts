/**
 * @file Accuracy reward (R1, rule based): 1 when the answer equals the reference, 0 when not.
 *
 * Null where the prompt has no reference answer. A response cut by the length limit is scored like any other: without
 * an answer it is wrong.
 */
import { z } from 'zod';
import type { Completion } from '../records.ts';
import { afterThought, isNumber, lastNumber, sameAnswer, taggedAnswer } from './answer.ts';
import type { Reward } from './reward.ts';

/** Knobs of the reward `accuracy`. */
export const accuracySchema = z.strictObject({
  fallback: z
    .enum(['last-number', 'none'])
    .default('last-number')
    .describe(
      'Without <answer>: "last-number" takes the last number of the response (where the reference is text: all of it after the thought), "none" scores 0',
    ),
});

function answerOf(response: string, reference: string, fallback: 'last-number' | 'none'): string | null {
  const answer = taggedAnswer(response);
  if (answer !== null || fallback === 'none') return answer;
  return isNumber(reference) ? lastNumber(response) : afterThought(response);
}

/** The accuracy reward. */
export function accuracyReward({ fallback }: z.output<typeof accuracySchema>): Reward {
  return {
    name: 'accuracy',
    score({ prompt, text }: Completion) {
      const reference = prompt.answer;
      if (reference === null || reference.trim() === '') return null;
      const answer = answerOf(text, reference, fallback);
      return answer !== null && sameAnswer(answer, reference) ? 1 : 0;
    },
  };
}
