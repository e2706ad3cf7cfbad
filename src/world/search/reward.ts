/**
 * @file Reward of the search world: 1 for an expression that uses each number once and hits the target, else 0.
 *
 * The expression is computed from left to right, as the world does: `5 + 3 * 2` is 16 here.
 */
import { z } from 'zod';
import type { Completion } from '../../records.ts';
import { defineReward } from '../../rl/reward/definition.ts';
import type { Reward } from '../../rl/reward/reward.ts';
import { readAttempt } from './attempts.ts';
import { readExpression, solves, written } from './problem.ts';
import { problemOf } from './prompts.ts';

/** Settings of the reward `search`: none. */
export const searchRewardSchema = z.strictObject({});

/** The reward; null for a prompt of another task. */
export function searchReward(): Reward {
  return {
    name: 'search',
    score({ prompt, response }: Completion) {
      const problem = problemOf(prompt);
      if (problem === null) return null;
      const expression = response.said === null ? null : readExpression(response.said);
      return expression !== null && solves(expression, problem) ? 1 : 0;
    },
    attempt(text, { prompt, response }) {
      const problem = problemOf(prompt);
      const attempt = readAttempt(text);
      if (problem === null || attempt === null) return null;
      const answer = response.said === null ? null : readExpression(response.said);
      const changed = answer === null || written(answer) !== written(attempt.expression);
      return { right: solves(attempt.expression, problem), changed };
    },
  };
}

export const searchRight = defineReward({
  name: 'search',
  about: '1 for an expression that makes the target of the task `search`, else 0',
  says: 'right',
  schema: searchRewardSchema,
  needs: () => ({
    what: 'a target to make from numbers',
    remedy: 'Use prompts of the task "search".',
    has: (prompt) => problemOf(prompt) !== null,
  }),
  create: searchReward,
});
