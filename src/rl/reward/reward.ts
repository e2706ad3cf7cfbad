/**
 * @file Interface of a reward: Prompt × Completion → score or null. grading.ts adds several up.
 */
import type { Completion, Prompt, StepScore } from '../../records.ts';
import type { Decoding } from '../../text/index.ts';
import type { AttemptReader } from './reflection.ts';

/** The answer that a reward reads in a response, and which answers are the same to it. */
export interface AnswerReading {
  /** The answer as the reward compares it; null where there is none. */
  of(completion: Completion): string | null;
  /** Whether two answers to one prompt mean the same, e.g. `1/2` and `0.5`; asked for answers whose texts differ. */
  same(a: string, b: string, prompt: Prompt): boolean | Promise<boolean>;
}

/** A completion that a reward should have scored and could not: it is unscored, and counted. */
export interface Failure {
  /** Where it failed and how, e.g. `reward.ts:3:9 throws: no such word`. */
  readonly failed: string;
  readonly remedy: string;
}

/** A number, or null where the reward cannot tell. */
export type Score = number | null | Failure;

/** One reward function. */
export interface Reward extends AttemptReader {
  /** The score of one completion, or null where this function cannot tell (no reference answer, no language). */
  score(completion: Completion): number | null | Promise<number | null>;
  /** The scores of many, in their order, where that is cheaper than one by one. */
  scoreBatch?(completions: readonly Completion[]): readonly Score[] | Promise<readonly Score[]>;
  /**
   * Its scores come from outside of this process: a sandbox, a script, an endpoint. It is asked for each group as soon as
   * that is sampled; its scores must not depend on which completions it is asked about together.
   */
  readonly waits?: boolean;
  /** The scores of its steps in order, for process supervision; only where this function judges steps. */
  steps?(completion: Completion): readonly StepScore[];
  /**
   * How responses vote in a majority (cons@k): null where each is a text of its own, such as a program; left out where
   * the answer of the response counts as it stands.
   */
  readonly answers?: AnswerReading | null;
  /** Throws UserError where this machine lacks what scoring these prompts needs. */
  ready?(prompts: readonly Prompt[]): Promise<void>;
  /** Bytes of the model it holds, if any. */
  readonly bytes?: number;
  /** Frees what it holds; it cannot score afterwards. */
  dispose?(): void;
}

/** What a stage tells its rewards of itself. */
export interface RewardContext {
  /** Longest response that is sampled, in tokens. */
  readonly maxTokens?: number;
  /** Tells a reward of steps which tokens these are; without it, such a reward scores whole responses only. */
  readonly tokenizer?: Decoding;
  /** Path of a file that a reward reads; without it, a path is taken as written. */
  readonly resolve?: (reference: string) => string;
  /** Where a reward's model is put; cpu unless given. */
  readonly device?: string;
  /** Of the weights of a reward's model; float32 unless given. */
  readonly dtype?: 'bfloat16' | 'float32';
  /** Shows a warning; the same `id` is shown once a run. */
  readonly warn?: (id: string, text: string) => void;
}

/** A reward and its weight in the total; weight 0 records the part without paying for it. */
export interface WeightedReward {
  readonly reward: Reward;
  readonly weight: number;
}

/** Frees what the rewards hold. */
export function disposeRewards(rewards: readonly WeightedReward[]): void {
  for (const { reward } of rewards) reward.dispose?.();
}
