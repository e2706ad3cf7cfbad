/**
 * @file What a reward is, and how several are added up: Prompt × Completion → score or null.
 *
 * The total is the weighted sum of the parts that could score (R1: accuracy + format, equal weight, then + language).
 * A completion that no part could score has the reward null and leaves baseline and loss; it is never counted as wrong.
 */
import { UserError } from '../errors.ts';
import type { Completion, Scored } from '../records.ts';

/** One reward function. */
export interface Reward {
  /** Name in metrics and in `Scored.parts`. */
  readonly name: string;
  /** The score of one completion, or null where this function cannot tell (no reference answer, no language). */
  score(completion: Completion): number | null | Promise<number | null>;
}

/** What a stage tells its rewards of itself. */
export interface RewardContext {
  /** Longest response that is sampled, in tokens. */
  readonly maxTokens?: number;
}

/** A reward and its weight in the total; weight 0 records the part without paying for it. */
export interface WeightedReward {
  readonly reward: Reward;
  readonly weight: number;
}

async function scorePart(reward: Reward, completion: Completion): Promise<number | null> {
  const of = `reward "${reward.name}", prompt ${completion.prompt.id}`;
  let score: unknown;
  try {
    score = await reward.score(completion);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `${of}: ${message}`,
      'Correct the reward function; return null for what it cannot score.',
      {
        cause,
      },
    );
  }
  if (score === null || (typeof score === 'number' && Number.isFinite(score))) return score;
  throw new UserError(
    `${of}: returned ${typeof score === 'number' ? score : typeof score}`,
    'A reward returns a finite number, or null for what it cannot score.',
  );
}

async function scoreOne(rewards: readonly WeightedReward[], completion: Completion): Promise<Scored> {
  const values = await Promise.all(rewards.map(({ reward }) => scorePart(reward, completion)));
  let total: number | null = null;
  for (const [i, value] of values.entries()) {
    if (value !== null) total = (total ?? 0) + rewards[i]!.weight * value;
  }
  const parts = Object.fromEntries(rewards.map(({ reward }, i) => [reward.name, values[i]!]));
  return { completion, reward: total, parts };
}

/**
 * Scores all completions, in their order. Throws UserError naming reward and prompt where a reward function throws or
 * returns what is no finite number, and where two rewards have one name.
 */
export async function scoreAll(
  rewards: readonly WeightedReward[],
  completions: readonly Completion[],
): Promise<Scored[]> {
  const names = rewards.map(({ reward }) => reward.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`two rewards are named "${twice}"`, 'Give each its own name.');
  return Promise.all(completions.map((completion) => scoreOne(rewards, completion)));
}
