/** @file The settings of the stage `reject`. */
import { z } from 'zod';
import { NGRAM, promptsSchema } from '../../data/index.ts';
import { judgeSchema } from '../../grading/judge/index.ts';
import { endpointSchema } from '../../remote/index.ts';
import { REWARD_NAMES, type RewardName, rewardsSchema } from '../../rl/reward/index.ts';
import { checkpointSchema, precisionSchema, samplingSchema, templateSchema } from '../../rl/settings.ts';
import { filtersSchema } from './filters.ts';
import { rewriteSchema } from './rewrite.ts';

const count = z.number().int().positive();

const decontaminateSchema = z.strictObject({
  prompts: promptsSchema.describe('Tasks whose held-out prompts are those of the evaluation'),
  count: count.default(1024).describe('Held-out prompts of each task'),
  problemSeed: z.number().int().default(0).describe('As in the stage that evaluates'),
  ngram: count.default(NGRAM).describe('Words in a row that make two texts overlap'),
});

const settings = z.strictObject({
  stage: z.literal('reject'),
  name: z.string(),
  model: checkpointSchema.optional().describe('The model that is sampled'),
  endpoint: endpointSchema.optional().describe('A model elsewhere, in place of `model`'),
  instruction: z.string().optional().describe('Text after each question, for an endpoint'),
  prompts: promptsSchema,
  template: templateSchema.default('r1-zero'),
  promptCount: count.optional().describe('Prompts drawn; all of them unless given, where there is an end'),
  samples: count.default(4).describe('Responses sampled to each prompt'),
  sampling: samplingSchema.prefault({}),
  rewards: rewardsSchema
    .prefault({ accuracy: {}, format: {} })
    .describe('Rules that grade; weights do not matter here'),
  minimum: z
    .partialRecord(z.enum(REWARD_NAMES), z.number().nullable())
    .default({})
    .describe(
      'Least score to be kept, by reward: 1 unless given (`length`: 0); null grades without dropping',
    ),
  unscored: z
    .enum(['keep', 'drop'])
    .default('drop')
    .describe('Responses that no rule can call right or wrong, and no judge has'),
  filters: filtersSchema.prefault({}),
  unique: z.boolean().default(true).describe('Drop a response equal to an earlier one to the same question'),
  keepPerPrompt: count.optional().describe('Most responses kept to one question; all unless given'),
  decontaminate: decontaminateSchema.optional().describe('Drop what overlaps with evaluation prompts'),
  judge: judgeSchema.optional().describe('Says what is right where no rule can'),
  rewrite: rewriteSchema.optional().describe('Has each kept thought rewritten by a model elsewhere'),
  precision: precisionSchema,
});

export const rejectSchema = settings
  .refine(({ model, endpoint }) => (model === undefined) !== (endpoint === undefined), {
    message: 'give model or endpoint, one of the two',
    path: ['model'],
  })
  .superRefine(({ minimum, rewards }, context) => {
    for (const name of Object.keys(minimum) as RewardName[]) {
      if (rewards[name] !== undefined) continue;
      context.addIssue({
        code: 'custom',
        path: ['minimum', name],
        message: `the reward "${name}" is not named in rewards`,
      });
    }
  });

export type RejectConfig = z.output<typeof rejectSchema>;
