/**
 * @file Replies graded by a reward of training, so that both judge alike: programs by their tests, texts by verifiable
 * instructions. Each reply is a text of its own, so there is no vote.
 */
import type { Completion, Prompt } from '../../../records.ts';
import {
  codeReward,
  codeSchema,
  instructionsReward,
  instructionsSchema,
  type Reward,
} from '../../../reward/index.ts';
import { pythonSandbox } from '../../../sandbox/index.ts';
import { readResponse } from '../../../text/index.ts';
import { type Grader, NOTHING_TO_PREPARE } from './grader.ts';

function rewarded(reward: Reward): Grader {
  return {
    votes: false,
    // What stands in the thought is no answer: the reward sees what follows it.
    grade: async (prompt, reply) => ({
      correct: await reward.score(textOnly(prompt, reply.answer ?? '')),
      answer: null,
    }),
    same: (a, b) => a === b,
    ...NOTHING_TO_PREPARE,
  };
}

/** A completion for rewards that read its text alone. */
function textOnly(prompt: Prompt, text: string): Completion {
  const [tokens, logprobs] = [new Int32Array(0), new Float32Array(0)];
  return {
    prompt,
    promptTokens: tokens,
    tokens,
    logprobs,
    text,
    response: readResponse(text),
    finish: 'stop',
    policyVersion: 0,
  };
}

/** Programs: right when they pass every test. */
export const codeGrader: Grader = {
  ...rewarded(codeReward(codeSchema.parse({}))),
  async ready(prompts) {
    if (prompts.some(({ meta }) => meta?.language === 'python')) await pythonSandbox();
  },
};

/** Instructions: right when all are followed, strictly. */
export const instructionsGrader: Grader = rewarded(instructionsReward(instructionsSchema.parse({})));
