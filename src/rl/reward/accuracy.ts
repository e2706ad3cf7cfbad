/**
 * @file Accuracy reward (R1, rule based): 1 when the answer equals the reference, 0 when not.
 *
 * A generated problem is judged by its family, whatever the verifier: it may have several right answers. Null where the
 * prompt has no reference answer, or one that the verifier cannot read. A response cut by the length limit is scored like
 * any other: without an answer it is wrong.
 */
import { z } from 'zod';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';
import { isGenerated } from './task-score.ts';
import {
  choiceVerdict,
  exactVerdict,
  hasReference,
  mathVerdict,
  namesLetter,
  perPrompt,
} from './verdicts.ts';

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
      'Verifier "exact" without <answer> and \\boxed{}: "last-number" takes the last number after the thought (where the reference is text: all that follows the thought), "none" scores 0',
    ),
});

/** The accuracy reward. */
export function accuracyReward({ fallback, verifier }: z.output<typeof accuracySchema>): Reward {
  const verdicts = { exact: exactVerdict(fallback), math: mathVerdict, choice: choiceVerdict };
  const verdict = perPrompt(verdicts[verifier]);
  return { name: 'accuracy', score: (completion) => verdict.score(completion), answers: verdict };
}

export const accuracy = defineReward({
  name: 'accuracy',
  about: '1 when the answer is right, else 0',
  says: 'right',
  readsAnswer: true,
  needs: ({ verifier }) => {
    const compared = verifier === 'choice' ? namesLetter : hasReference;
    return {
      what: verifier === 'choice' ? 'a letter as its reference answer' : 'a reference answer',
      remedy: 'Name the column that holds it in answerField.',
      has: (prompt) => isGenerated(prompt) || compared(prompt),
    };
  },
  schema: accuracySchema,
  create: accuracyReward,
});
