/**
 * @file Step reward of the small world: is each stated step the chain's next one, from the right value, with the right
 * result? For process supervision (`advantage: 'process'`); as a reward of the whole response, the share of right steps.
 *
 * `37 plus 48 is 85 .` scores 1 or 0. Right arithmetic that does not go on with the chain scores 0, so that stating
 * easy sums earns nothing; after a wrong step only its correction (`wait 37 plus 48 is 85 .`) is right again.
 */
import { z } from 'zod';
import type { Completion, StepScore } from '../records.ts';
import { defineReward } from '../rl/reward/definition.ts';
import type { Reward, RewardContext } from '../rl/reward/reward.ts';
import { tokensAt } from '../rl/reward/token-ends.ts';

/** The reward `chain-steps` has no settings. */
export const chainStepsSchema = z.strictObject({});

/** The words of the world's traces, and the signs of its questions. */
const SIGNS: { readonly [word: string]: string } = {
  plus: '+',
  加: '+',
  minus: '-',
  减: '-',
  times: '*',
  乘: '*',
};

const STEP = /(\d+) (plus|minus|times|加|减|乘) (\d+) (?:is|得) (\d+) \./g;
const CHAIN = /\d+(?: [-+*] \d+)+/;

/** A stated step: where it ends in the text, and whether it is right. */
export interface JudgedStep {
  /** Characters of the text up to its full stop. */
  readonly end: number;
  readonly right: boolean;
}

/** Judges every step stated in `response`, in order; `question` holds the chain. Null where it holds none. */
export function judgeSteps(question: string, response: string): JudgedStep[] | null {
  const chain = CHAIN.exec(question)?.[0].split(' ');
  if (chain === undefined) return null;
  let value = Number(chain[0]);
  let next = 1;
  return [...response.matchAll(STEP)].map((match) => {
    const [, before, word, operand, stated] = match;
    const result = apply(value, chain[next], Number(chain[next + 1]));
    const right =
      next < chain.length &&
      SIGNS[word!] === chain[next] &&
      Number(before) === value &&
      operand === chain[next + 1] &&
      Number(stated) === result;
    if (right) {
      value = result;
      next += 2;
    }
    return { end: match.index + match[0].length, right };
  });
}

function apply(value: number, sign: string | undefined, operand: number): number {
  if (sign === '+') return value + operand;
  return sign === '-' ? value - operand : value * operand;
}

/** The reward of steps. */
export function chainStepsReward(_: object, { tokenizer }: RewardContext): Reward {
  const judge = ({ prompt, text }: Completion): JudgedStep[] | null => judgeSteps(prompt.text, text);
  return {
    name: 'chain-steps',
    score(completion) {
      const judged = judge(completion);
      if (judged === null) return null;
      const right = judged.filter((step) => step.right).length;
      return judged.length === 0 ? 0 : right / judged.length;
    },
    ...(tokenizer && {
      steps(completion: Completion): StepScore[] {
        const judged = judge(completion) ?? [];
        const characters = judged.map(({ end }) => end);
        const ends = tokensAt(completion, characters, tokenizer);
        return judged.map(({ right }, i) => ({ end: ends[i]!, score: right ? 1 : 0 }));
      },
    }),
  };
}

/** Right steps may still stop short of the answer or end in a wrong one: they say how a thought proceeds. */
export const chainSteps = defineReward({
  name: 'chain-steps',
  about: 'Share of right steps in a thought of the small world; scores each step for `advantage` "process"',
  says: 'form',
  schema: chainStepsSchema,
  steps: true,
  needs: () => ({
    what: 'a chain of sums',
    remedy: 'Use prompts of the task "chain".',
    has: ({ text }) => CHAIN.test(text),
  }),
  create: chainStepsReward,
});
