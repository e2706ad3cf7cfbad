/**
 * @file Accuracy reward (R1, rule based): 1 when the answer equals the reference, 0 when not.
 *
 * Null where the prompt has no reference answer, or one that the verifier cannot read. A response cut by the length
 * limit is scored like any other: without an answer it is wrong.
 */
import { z } from 'zod';
import type { Completion } from '../records.ts';
import { verifyChoice, verifyMath } from '../verify/index.ts';
import { afterThought, isNumber, lastNumber, sameAnswer, taggedAnswer } from './answer.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Knobs of the reward `accuracy`. */
export const accuracySchema = z.strictObject({
  verifier: z
    .enum(['exact', 'math', 'choice'])
    .default('exact')
    .describe(
      'What is equal: "exact" compares plain numbers by value and the rest as text, "math" reads fractions, formulas, sets, units and the like (as aha verify does), "choice" compares the letters of a multiple choice',
    ),
  fallback: z
    .enum(['last-number', 'none'])
    .default('last-number')
    .describe(
      'Verifier "exact" without <answer>: "last-number" takes the last number of the response (where the reference is text: all of it after the thought), "none" scores 0',
    ),
});

function answerOf(response: string, reference: string, fallback: 'last-number' | 'none'): string | null {
  const answer = taggedAnswer(response);
  if (answer !== null || fallback === 'none') return answer;
  return isNumber(reference) ? lastNumber(response) : afterThought(response);
}

type Verifier = (reference: string, response: string) => boolean | null | Promise<boolean | null>;

function exactVerifier(fallback: 'last-number' | 'none'): Verifier {
  return (reference, response) => {
    const answer = answerOf(response, reference, fallback);
    return answer !== null && sameAnswer(answer, reference);
  };
}

const points = (verdict: boolean | null): number | null => (verdict === null ? null : Number(verdict));

/** The accuracy reward. */
export function accuracyReward({ fallback, verifier }: z.output<typeof accuracySchema>): Reward {
  const verify: Verifier =
    verifier === 'exact' ? exactVerifier(fallback) : verifier === 'math' ? verifyMath : verifyChoice;
  return {
    name: 'accuracy',
    score({ prompt, text }: Completion) {
      const reference = prompt.answer;
      if (reference === null || reference.trim() === '') return null;
      const verdict = verify(reference, text);
      return verdict instanceof Promise ? verdict.then(points) : points(verdict);
    },
  };
}

export const accuracy = defineReward({
  name: 'accuracy',
  about: '1 when the answer is right, else 0',
  says: 'right',
  readsAnswer: true,
  schema: accuracySchema,
  create: accuracyReward,
});
