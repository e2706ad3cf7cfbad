/**
 * @file The rewards by name. A new reward is one file, its test, and one line in `DEFINITIONS` and in `rewardsSchema`.
 *
 * A recipe writes `{ accuracy: {}, format: { weight: 0.5 } }`: a reward that is not named is not paid.
 */
import { z } from 'zod';
import { accuracyReward, accuracySchema } from './accuracy.ts';
import { chainStepsReward, chainStepsSchema } from './chain-steps.ts';
import { codeReward, codeSchema } from './code.ts';
import { coherenceReward, coherenceSchema } from './coherence.ts';
import { completenessReward, completenessSchema } from './completeness.ts';
import { customReward, customSchema, loadRewardFunction } from './custom.ts';
import { fluencyReward, fluencySchema } from './fluency.ts';
import { formatReward, formatSchema } from './format.ts';
import { instructionsReward, instructionsSchema } from './instructions.ts';
import { judgeReward, judgeRewardSchema } from './judge.ts';
import { languageReward, languageSchema } from './language.ts';
import { lengthReward, lengthSchema } from './length.ts';
import { harmlessReward, helpfulReward, modelRewardSchema } from './model.ts';
import type { Reward, RewardContext, WeightedReward } from './reward.ts';
import { taskReward, taskRewardSchema } from './task-score.ts';
import { wantedReward, wantedSchema } from './wanted.ts';

const weight = z.number().default(1).describe('Weight in the sum of rewards; 0 only records it');

/** A recipe's `rewards`. */
export const rewardsSchema = z
  .strictObject({
    accuracy: accuracySchema.safeExtend({ weight }).optional().describe('1 when the answer is right, else 0'),
    code: codeSchema
      .safeExtend({ weight })
      .optional()
      .describe('Whether the program passes the tests of the prompt, 0..1'),
    coherence: coherenceSchema
      .safeExtend({ weight })
      .optional()
      .describe('Does the answer take up the question and the conclusion of the thought? 0..1, by rule'),
    completeness: completenessSchema
      .safeExtend({ weight })
      .optional()
      .describe('Is the answer finished and in the form asked for? 0..1, by rule'),
    custom: customSchema.safeExtend({ weight }).optional().describe('What a script of yours returns'),
    fluency: fluencySchema
      .safeExtend({ weight })
      .optional()
      .describe('Does the answer read like prose? 0..1, by rule'),
    format: formatSchema.safeExtend({ weight }).optional().describe('1 for the R1-Zero format, else 0'),
    harmless: modelRewardSchema
      .safeExtend({ weight })
      .optional()
      .describe('What a reward model says of the whole response to prompts with meta.preference "harmless"'),
    helpful: modelRewardSchema
      .safeExtend({ weight })
      .optional()
      .describe('What a reward model says of the answer to prompts with meta.preference "helpful"'),
    instructions: instructionsSchema
      .safeExtend({ weight })
      .optional()
      .describe('1 when the answer follows every verifiable instruction of its prompt, else 0'),
    judge: judgeRewardSchema
      .extend({ weight })
      .optional()
      .describe('Whether a model behind an endpoint calls the answer right: 1 or 0'),
    language: languageSchema
      .safeExtend({ weight })
      .optional()
      .describe("Share of the thought's words that are in the prompt's language"),
    length: lengthSchema
      .safeExtend({ weight })
      .optional()
      .describe('Soft penalty for overlong responses, −1..0'),
    task: taskRewardSchema
      .safeExtend({ weight })
      .optional()
      .describe('Score of the task family of a generated prompt, 0..1'),
    wanted: wantedSchema
      .safeExtend({ weight })
      .optional()
      .describe('Share of the sentences that the prompt’s meta asks for'),
    'chain-steps': chainStepsSchema
      .safeExtend({ weight })
      .optional()
      .describe(
        'Share of right steps in a thought of the small world; scores each step for `advantage` "process"',
      ),
  })
  .refine((rewards) => Object.values(rewards).some((options) => options !== undefined), {
    message: 'name at least one reward',
  });

export type RewardsConfig = z.output<typeof rewardsSchema>;
export type RewardName = keyof RewardsConfig;

const DEFINITIONS: {
  readonly [Name in RewardName]: (
    options: NonNullable<RewardsConfig[Name]>,
    context: RewardContext,
  ) => Reward;
} = {
  accuracy: accuracyReward,
  code: codeReward,
  coherence: coherenceReward,
  completeness: completenessReward,
  custom: customReward,
  fluency: fluencyReward,
  format: formatReward,
  harmless: harmlessReward,
  helpful: helpfulReward,
  instructions: instructionsReward,
  judge: judgeReward,
  language: languageReward,
  length: lengthReward,
  task: taskReward,
  wanted: wantedReward,
  'chain-steps': chainStepsReward,
};

/** Whether a reward that is paid scores the steps of responses, as the advantage `process` needs. */
export function scoresSteps(config: RewardsConfig): boolean {
  const options = config['chain-steps'];
  return options !== undefined && options.weight !== 0;
}

/** Names of the rewards, for messages and listings. */
export const REWARD_NAMES = Object.keys(DEFINITIONS) as readonly RewardName[];

/** Reads the scripts that rewards name, so that one that cannot be used is told before anything runs. */
export async function requireRewardFiles(
  { custom }: RewardsConfig,
  resolve: (reference: string) => string,
): Promise<void> {
  if (custom !== undefined) await loadRewardFunction(custom.file, resolve);
}

/** The rewards a recipe names, with their weights. */
export function createRewards(config: RewardsConfig, context: RewardContext = {}): WeightedReward[] {
  return REWARD_NAMES.flatMap((name) => {
    const options = config[name];
    if (options === undefined) return [];
    const create = DEFINITIONS[name] as (
      options: NonNullable<RewardsConfig[RewardName]>,
      context: RewardContext,
    ) => Reward;
    return [{ reward: create(options, context), weight: options.weight }];
  });
}
