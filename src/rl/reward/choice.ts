/**
 * @file Choice reward: 1 when a response settles on the right letter of a multiple choice, 0 when not.
 *
 * Null for prompts whose reference is no letter, so that questions of both kinds can be mixed: `accuracy` with the
 * verifier `choice` judges the same way.
 */
import { z } from 'zod';
import { attemptBy, choiceVerdict, namesLetter } from './accuracy.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Settings of the reward `choice`: none. */
export const choiceSchema = z.strictObject({});

/** The choice reward. */
export function choiceReward(): Reward {
  return {
    name: 'choice',
    score: (completion) => choiceVerdict.score(completion),
    answers: choiceVerdict,
    attempt: attemptBy(choiceVerdict),
  };
}

export const choice = defineReward({
  name: 'choice',
  about: '1 when the response settles on the right letter of a multiple choice, else 0',
  says: 'right',
  readsAnswer: true,
  needs: () => ({
    what: 'a letter as its reference answer',
    remedy: 'Use prompts of a multiple choice, with the right letter in answerField.',
    has: namesLetter,
  }),
  schema: choiceSchema,
  create: choiceReward,
});
