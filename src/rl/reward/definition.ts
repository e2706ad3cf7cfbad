/**
 * @file Definition of a reward: its name, what its score means, its settings, and how it is made.
 *
 * Schema of recipes, dry run, estimate, evaluation and reports read the definitions; none of them names a reward.
 */
import type { z } from 'zod';
import type { Prompt } from '../../records.ts';
import type { Reward, RewardContext } from './reward.ts';

/**
 * What a score says of a response: `right`, whether it is correct (a score of 1 is); `form`, how it is written or how
 * its thought proceeds; `preference`, how good somebody would find it.
 */
export type RewardSays = 'right' | 'form' | 'preference';

/** What a reward needs of a prompt: without it, it cannot score any response to that prompt. */
export interface PromptNeed {
  /** Completes `no prompt has …`, such as `a reference answer`. */
  readonly what: string;
  /** Where a user gives prompts that, one sentence. */
  readonly remedy: string;
  /** Whether a prompt has it. */
  has(prompt: Prompt): boolean;
}

/** One reward. `Schema` is that of its settings in a recipe, without `weight`. */
export interface RewardDefinition<Name extends string = string, Schema extends z.ZodObject = z.ZodObject> {
  /** Name in recipes, metrics and `Scored.parts`. */
  readonly name: Name;
  /** One line for the listing of settings: what it pays for, and its range. */
  readonly about: string;
  readonly schema: Schema;
  readonly says: RewardSays;
  /** Whether it scores the steps of a response, as the advantage `process` needs. */
  readonly steps?: boolean;
  /** Whether it compares with the reference answer, which rows of data files must have a column for then. */
  readonly readsAnswer?: boolean;
  /** What it needs of prompts; left out where it can score a response to any. */
  needs?(settings: z.output<Schema>): PromptNeed;
  /**
   * Texts that a response must hold to score above 0: the model's tokenizer must be able to write them.
   * @param opened - whether the prompt opens the thought
   */
  writes?(opened: boolean): readonly string[];
  /**
   * Refuses a prompt whose data this reward cannot use; called for every prompt of a data file before anything runs.
   * @throws UserError naming the column; who calls it adds the row
   */
  checkPrompt?(settings: z.output<Schema>, prompt: Prompt): void;
  /** Reads the scripts it needs. @throws UsageError for one that cannot be used, before anything runs */
  files?(settings: z.output<Schema>, resolve: (reference: string) => string): Promise<void>;
  /** The model it loads into this process, as the recipe names it: an artifact or a folder. */
  model?(settings: z.output<Schema>): string;
  create(settings: z.output<Schema>, context: RewardContext): Reward;
}

/** A definition with the exact types of its name and settings. */
export function defineReward<const Name extends string, Schema extends z.ZodObject>(
  definition: RewardDefinition<Name, Schema>,
): RewardDefinition<Name, Schema> {
  return definition;
}
