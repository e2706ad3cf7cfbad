/**
 * @file Judge reward: a model behind an OpenAI-compatible endpoint says whether the answer is right; 1 or 0.
 *
 * For prompts that no rule can grade: R1 trusted rules for reasoning, as a neural judge can be gamed (arXiv 2501.12948).
 * The thought is not shown to the judge. Null where the judge is unsure or gives no verdict that can be read.
 */
import { z } from 'zod';
import { judgeCorrectness, judgeSchema } from '../../grading/judge/index.ts';
import type { Completion } from '../../records.ts';
import { openEndpoint } from '../../remote/index.ts';
import { askedText } from '../../text/index.ts';
import { hasReference } from './accuracy.ts';
import { defineReward } from './definition.ts';
import type { Reward, RewardContext } from './reward.ts';

/** Settings of the reward `judge`. */
export const judgeRewardSchema = judgeSchema.extend({
  asked: z
    .enum(['without-answer', 'always'])
    .default('without-answer')
    .describe('Prompts that are judged: those without a reference answer, or all'),
});

/** The judge reward. A response without an answer scores 0 without asking. Throws UsageError for a missing key. */
export function judgeReward(
  options: z.output<typeof judgeRewardSchema>,
  { warn = (_, text) => process.emitWarning(text) }: RewardContext = {},
): Reward {
  const { asked, endpoint: remote, ...judge } = options;
  const endpoint = openEndpoint(remote, warn);
  return {
    name: 'judge',
    waits: true,
    async score({ prompt, response }: Completion) {
      const reference = prompt.answer?.trim() ? prompt.answer : null;
      if (asked === 'without-answer' && reference !== null) return null;
      const answer = response.said?.trim() ?? '';
      if (answer === '') return 0;
      const verdict = await judgeCorrectness(
        endpoint,
        { question: askedText(prompt), reference, answer },
        judge,
      );
      return verdict === 'right' ? 1 : verdict === 'wrong' ? 0 : null;
    },
  };
}

export const judge = defineReward({
  name: 'judge',
  about: 'Whether a model behind an endpoint calls the answer right: 1 or 0',
  says: 'right',
  schema: judgeRewardSchema,
  needs: ({ asked }) => ({
    what: 'no reference answer',
    remedy: 'Set rewards.judge.asked to "always" to have prompts with a reference answer judged too.',
    has: (prompt) => asked === 'always' || !hasReference(prompt),
  }),
  create: judgeReward,
});
