/** @file The settings of the stage `rl`: the algorithm is in `advantage`, `critic` and `loss` (docs/algorithms.md). */
import { z } from 'zod';
import { promptsSchema, scheduledPromptsSchema } from '../data/index.ts';
import { suggestion } from '../did-you-mean.ts';
import { loraSchema } from '../models/index.ts';
import { advantageNeeds, advantageSchema } from './advantage/index.ts';
import { criticSchema } from './critic.ts';
import { lossSchema } from './loss/index.ts';
import { rewardsSchema, scoresSteps } from './reward/index.ts';
import { policySchema, serverConflicts } from './rollout/index.ts';
import {
  checkpointEverySchema,
  checkpointPrecisionSchema,
  checkpointSchema,
  packingSchema,
  precisionSchema,
  recomputeSchema,
  samplingSchema,
  templateSchema,
  thinkingSchema,
  tokensPerMicroBatchSchema,
} from './settings.ts';
import { optimizerSchema } from './update/index.ts';
import { type Better, validationMetrics } from './validation-metrics.ts';

const dynamicSamplingSchema = z.strictObject({
  attempts: z.number().int().positive().default(10).describe('Draws of prompts in a step, at most'),
});

const count = z.number().int().positive();

/** How held-out responses are sampled: as an evaluation does, no longer than in training. */
const validationSamplingSchema = samplingSchema.extend({
  temperature: z.number().min(0).default(0.6).describe('0 is greedy'),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(0.95)
    .describe('Smallest set of tokens whose probability reaches this'),
  maxTokens: count.optional().describe('Longest response in tokens; as in training unless given'),
  maxRows: count.optional().describe('Responses decoded together; as in training unless given'),
});

const validateSchema = z.strictObject({
  every: count
    .default(20)
    .describe('Steps between validations; there is one before the first step and one after the last too'),
  prompts: promptsSchema.describe('Tasks whose held-out prompts are asked'),
  problems: count.default(64).describe('Held-out prompts, or as many as there are'),
  problemSeed: z.number().int().default(0).describe('Which held-out prompts'),
  samples: count.default(1).describe('Responses to each'),
  sampling: validationSamplingSchema.prefault({}),
});

const metric = z.string().default('validation/reward');
const better = z.enum(['higher', 'lower']).optional();

const keepSchema = z.strictObject({
  last: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Newest checkpoints kept, one every `checkpointEvery` steps'),
  best: z.number().int().min(0).default(1).describe('Best checkpoints kept, by `metric`'),
  metric: metric.describe('Metric of a validation that says which checkpoints are the best'),
  better: better.describe('Which way it is better; by its nature unless given'),
  artifact: z
    .enum(['last', 'best'])
    .default('last')
    .describe('The checkpoint that the stage leaves: that of the last step, or the best'),
});

const stopSchema = z.strictObject({
  metric: metric.describe('Metric of a validation that has to become better'),
  better: better.describe('Which way it is better; by its nature unless given'),
  patience: count.describe('Validations in a row without a better one, after which training ends'),
  minDelta: z.number().min(0).default(0).describe('By how much a better one has to be better'),
});

const settings = z.strictObject({
  stage: z.literal('rl'),
  name: z.string(),
  model: checkpointSchema.describe('The policy to start from'),
  prompts: scheduledPromptsSchema,
  template: templateSchema.default('r1-zero'),
  thinking: thinkingSchema,
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
  policy: policySchema.optional().describe('Servers that sample in place of this process'),
  routerReplay: z
    .boolean()
    .optional()
    .describe(
      'Models with experts: true sends tokens to the experts of the rollout in the update too; false reports how many would go elsewhere. Experts are recorded with either, by ordinary decoding passes',
    ),
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
  packing: packingSchema,
  recompute: recomputeSchema,
  checkpointEvery: checkpointEverySchema,
  precision: precisionSchema,
  checkpointPrecision: checkpointPrecisionSchema,
  validate: validateSchema.optional().describe('Samples and scores held-out prompts while training goes on'),
  keep: keepSchema.optional().describe('Checkpoints kept in `checkpoints/` beside the artifact'),
  stop: stopSchema.optional().describe('Ends training early, when validations no longer become better'),
});

type Settings = z.output<typeof settings>;

interface Conflict {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Settings that exclude one another, each with the path to change. */
function conflicts(config: Settings): Conflict[] {
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

/** What is wrong with the metrics that `keep` and `stop` name, and with asking for them without validations. */
function selectionConflicts({ validate, keep, stop, rewards }: Settings): Conflict[] {
  const known = validationMetrics(rewards);
  const metricConflicts = (
    setting: string,
    { metric: name, better: way }: { readonly metric: string; readonly better?: Better | undefined },
  ): Conflict[] => {
    if (!known.has(name)) {
      const message = `no validation measures this; ${suggestion(name, [...known.keys()])}`;
      return [{ path: [setting, 'metric'], message }];
    }
    if (known.get(name) !== null || way !== undefined) return [];
    return [{ path: [setting, 'better'], message: `say which way "${name}" is better: "higher" or "lower"` }];
  };
  return [
    ...(keep && keep.best > 0 ? metricConflicts('keep', keep) : []),
    ...(stop ? metricConflicts('stop', stop) : []),
    ...(keep && keep.best > 0 && !validate
      ? [
          {
            path: ['keep', 'best'],
            message: 'the best are found by validations: add `validate`, or set best to 0',
          },
        ]
      : []),
    ...(stop && !validate
      ? [{ path: ['stop'], message: 'an early stop reads validations: add `validate`' }]
      : []),
    ...(keep?.artifact === 'best' && keep.best === 0
      ? [
          {
            path: ['keep', 'artifact'],
            message: '"best" needs a checkpoint that is kept: set keep.best to 1',
          },
        ]
      : []),
  ];
}

/** What servers cannot do. */
function rolloutConflicts({ policy, sampling, routerReplay }: Settings): Conflict[] {
  if (policy === undefined) return [];
  const ofServers = serverConflicts(policy, sampling).map(({ server, message }) => ({
    path: ['policy', 'servers', server],
    message,
  }));
  if (routerReplay === undefined) return ofServers;
  const message = 'servers do not tell which experts they chose: leave it out, or leave out `policy`';
  return [...ofServers, { path: ['routerReplay'], message }];
}

export const rlSchema = settings.superRefine((config, context) => {
  for (const conflict of [...conflicts(config), ...selectionConflicts(config), ...rolloutConflicts(config)])
    context.addIssue({ code: 'custom', ...conflict });
});

export type RlConfig = z.output<typeof rlSchema>;
