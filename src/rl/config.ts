/** @file The settings of the stage `rl`: the algorithm is in `advantage`, `critic` and `loss` (docs/algorithms.md). */
import { z } from 'zod';
import { scheduledPromptsSchema } from '../data/index.ts';
import { loraSchema } from '../models/index.ts';
import { advantageNeeds, advantageSchema } from './advantage/index.ts';
import { criticSchema } from './critic.ts';
import { lossSchema } from './loss/index.ts';
import { rewardsSchema, scoresSteps } from './reward/index.ts';
import {
  checkpointEverySchema,
  checkpointSchema,
  samplingSchema,
  templateSchema,
  tokensPerMicroBatchSchema,
} from './settings.ts';
import { optimizerSchema } from './update/index.ts';

const dynamicSamplingSchema = z.strictObject({
  attempts: z.number().int().positive().default(10).describe('Draws of prompts in a step, at most'),
});

const settings = z.strictObject({
  stage: z.literal('rl'),
  name: z.string(),
  model: checkpointSchema.describe('The policy to start from'),
  prompts: scheduledPromptsSchema,
  template: templateSchema.default('r1-zero'),
  rewards: rewardsSchema,
  steps: z.number().int().positive().describe('Rollouts; each is followed by `minibatches` optimiser steps'),
  promptsPerStep: z.number().int().positive().default(32).describe('Prompts in a rollout'),
  groupSize: z.number().int().positive().default(16).describe('Completions of each prompt (G)'),
  minibatches: z.number().int().positive().default(1).describe('Optimiser steps on each rollout'),
  staleness: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Steps that the policy which sampled may be older than the one that is trained'),
  sampling: samplingSchema.prefault({}),
  dynamicSampling: dynamicSamplingSchema
    .optional()
    .describe('Draws further prompts in place of groups whose rewards are all equal'),
  advantage: advantageSchema.default('grpo'),
  critic: criticSchema
    .optional()
    .describe('Learns what to expect of each token, for the advantage "gae" (PPO)'),
  loss: lossSchema.prefault({}),
  lora: loraSchema.optional().describe('Train a low-rank addition in place of all weights'),
  optimizer: optimizerSchema,
  tokensPerMicroBatch: tokensPerMicroBatchSchema,
  checkpointEvery: checkpointEverySchema,
});

type Settings = z.output<typeof settings>;

/** Settings that exclude one another, each with the path to change. */
function conflicts(config: Settings): { path: string[]; message: string }[] {
  const { advantage, critic, loss, rewards, minibatches, promptsPerStep, groupSize } = config;
  const needs = advantageNeeds(advantage);
  const completions = promptsPerStep * groupSize;
  const klInReward = loss.kl.in === 'reward' && loss.kl.coefficient > 0;
  return [
    {
      when: needs === 'critic' && critic === undefined,
      path: ['critic'],
      message: `the advantage "${advantage}" needs a critic: { kind: "separate" } or { kind: "shared" }`,
    },
    {
      when: needs !== 'critic' && critic !== undefined,
      path: ['advantage'],
      message: `the advantage "${advantage}" asks no critic: use "gae", or leave out \`critic\``,
    },
    {
      when: minibatches > completions,
      path: ['minibatches'],
      message: `a rollout has ${completions} completions (promptsPerStep × groupSize) and cannot be split into ${minibatches}`,
    },
    {
      when: needs === 'steps' && !scoresSteps(rewards),
      path: ['rewards'],
      message: `the advantage "${advantage}" needs a reward that scores steps, such as \`chain-steps\``,
    },
    {
      when: needs === 'steps' && klInReward,
      path: ['loss', 'kl', 'in'],
      message: `the advantage "${advantage}" is of step scores alone: put the KL into the loss`,
    },
  ].flatMap(({ when, ...conflict }) => (when ? conflict : []));
}

export const rlSchema = settings.superRefine((config, context) => {
  for (const conflict of conflicts(config)) context.addIssue({ code: 'custom', ...conflict });
});

export type RlConfig = z.output<typeof rlSchema>;
