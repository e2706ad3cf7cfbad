/**
 * @file List of the rewards. A new reward is one file, its test, and one line in `REWARDS`.
 *
 * A recipe writes `{ accuracy: {}, format: { weight: 0.5 } }`: a reward that is not named is not paid.
 */
import { z } from 'zod';
import type { Prompt, Scored } from '../../records.ts';
import { chainSteps, searchRight, wanted } from '../../world/index.ts';
import { accuracy } from './accuracy.ts';
import { choice } from './choice.ts';
import { code } from './code.ts';
import { coherence } from './coherence.ts';
import { completeness } from './completeness.ts';
import { custom } from './custom.ts';
import type { PromptNeed, RewardDefinition, RewardSays } from './definition.ts';
import { fluency } from './fluency.ts';
import { format } from './format.ts';
import { instructions } from './instructions.ts';
import { judge } from './judge.ts';
import { language } from './language.ts';
import { length } from './length.ts';
import { harmless, helpful } from './model.ts';
import type { RewardContext, WeightedReward } from './reward.ts';
import { task } from './task.ts';

/** All rewards, in the order in which recipes list and metrics report them. */
export const REWARDS = [
  accuracy,
  choice,
  code,
  coherence,
  completeness,
  custom,
  fluency,
  format,
  harmless,
  helpful,
  instructions,
  judge,
  language,
  length,
  searchRight,
  task,
  wanted,
  chainSteps,
] as const satisfies readonly RewardDefinition[];

type Known = (typeof REWARDS)[number];

export type RewardName = Known['name'];

/** Names of the rewards, for messages and listings. */
export const REWARD_NAMES: readonly RewardName[] = REWARDS.map(({ name }) => name);

/** Names of the rewards whose scores say this of a response. */
export function rewardsSaying(says: RewardSays): readonly RewardName[] {
  return REWARDS.filter((reward) => reward.says === says).map(({ name }) => name);
}

const RIGHT = rewardsSaying('right');

/** The score that decides whether a response is right: of the rewards that say so, the first that could score it. */
export function firstRight(
  parts: Scored['parts'],
): { readonly name: RewardName; readonly score: number } | null {
  for (const name of RIGHT) {
    const score = parts[name] ?? null;
    if (score !== null) return { name, score };
  }
  return null;
}

const weight = z.number().default(1).describe('Weight in the sum of rewards; 0 only records it');

type Weighted<Schema> =
  Schema extends z.ZodObject<infer Shape, infer Config>
    ? z.ZodObject<z.core.util.Extend<Shape, { weight: typeof weight }>, Config>
    : never;

type Settings = { [Reward in Known as Reward['name']]: z.ZodOptional<Weighted<Reward['schema']>> };

const settings = Object.fromEntries(
  REWARDS.map(({ name, schema, about }: RewardDefinition) => [
    name,
    schema.safeExtend({ weight }).optional().describe(about),
  ]),
) as unknown as Settings;

/** A recipe's `rewards`. */
export const rewardsSchema = z
  .strictObject(settings)
  .refine((rewards) => Object.values(rewards).some((options) => options !== undefined), {
    message: 'name at least one reward',
  });

export type RewardsConfig = z.output<typeof rewardsSchema>;

/** A reward that a recipe names, with its settings. */
interface NamedReward {
  readonly definition: RewardDefinition;
  readonly options: { readonly weight: number };
}

/** The rewards a recipe names, in the order of `REWARDS`. */
function named(config: RewardsConfig): NamedReward[] {
  return REWARDS.flatMap((definition) => {
    const options = config[definition.name];
    return options === undefined ? [] : [{ definition, options }];
  });
}

/** Whether a reward that is paid scores the steps of responses, as the advantage `process` needs. */
export function scoresSteps(config: RewardsConfig): boolean {
  return named(config).some(({ definition, options }) => definition.steps === true && options.weight !== 0);
}

/** A reward of a recipe that is paid, and what it needs to be. */
export interface PaidReward {
  readonly name: RewardName;
  /** What it needs of prompts; null where it scores responses to any. */
  readonly need: PromptNeed | null;
  /** Texts that a response must hold to score above 0, where the prompt opens the thought or does not. */
  writes(opened: boolean): readonly string[];
}

/** The rewards a recipe pays: those with a weight other than 0. */
export function paidRewards(config: RewardsConfig): PaidReward[] {
  return named(config).flatMap(({ definition, options }) =>
    options.weight === 0
      ? []
      : [
          {
            name: definition.name as RewardName,
            need: definition.needs?.(options) ?? null,
            writes: (opened) => definition.writes?.(opened) ?? [],
          },
        ],
  );
}

/** Whether a reward compares with the reference answer, so that rows of data files must have one. */
export function readsAnswers(config: RewardsConfig): boolean {
  return named(config).some(({ definition }) => definition.readsAnswer === true);
}

/**
 * Refuses a prompt whose data a reward cannot use.
 * @throws UserError naming reward and column
 */
export function checkPrompt(config: RewardsConfig, prompt: Prompt): void {
  for (const { definition, options } of named(config)) definition.checkPrompt?.(options, prompt);
}

/** The models that rewards load into this process, as the recipe names them. */
export function rewardModels(config: RewardsConfig): string[] {
  return named(config).flatMap(({ definition, options }) => definition.model?.(options) ?? []);
}

/** Reads the scripts that rewards name, so that one that cannot be used is reported before anything runs. */
export async function requireRewardFiles(
  config: RewardsConfig,
  resolve: (reference: string) => string,
): Promise<void> {
  for (const { definition, options } of named(config)) await definition.files?.(options, resolve);
}

/** The rewards a recipe names, with their weights. */
export function createRewards(config: RewardsConfig, context: RewardContext = {}): WeightedReward[] {
  return named(config).map(({ definition, options }) => ({
    reward: definition.create(options, context),
    weight: options.weight,
  }));
}
