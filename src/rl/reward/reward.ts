/**
 * @file Interface of a reward, and the sum of several: Prompt × Completion → score or null.
 *
 * The total is the weighted sum of the parts that could score (R1: accuracy + format, equal weight, then + language).
 * A completion that no part could score has the reward null: it is excluded from the baseline and the loss, and
 * never counted as wrong.
 */
import { UserError } from '../../errors.ts';
import type { Completion, Prompt, Scored, StepScore } from '../../records.ts';
import type { Decoding } from '../../text/index.ts';
import { type AttemptReader, reflectionOf } from './reflection.ts';

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

/** One part of all completions. */
async function scorePart(reward: Reward, completions: readonly Completion[]): Promise<readonly Score[]> {
  if (reward.scoreBatch === undefined) {
    return Promise.all(completions.map((completion) => scoreCompletion(reward, completion)));
  }
  const scores = await explained(`reward "${reward.name}"`, () => reward.scoreBatch!(completions));
  if (scores.length !== completions.length) {
    throw new UserError(
      `reward "${reward.name}": ${scores.length} scores for ${completions.length} completions`,
      'A reward returns one score for each completion, in their order.',
    );
  }
  requireOne(reward, scores, completions);
  return scores.map((score, i) =>
    isFailure(score) ? score : checked(score, placeOf(reward, completions[i]!)),
  );
}

function isFailure(score: Score): score is Failure {
  return typeof score === 'object' && score !== null;
}

/** A reward that fails on every one of several completions is at fault itself: going on would train on nothing. */
function requireOne(reward: Reward, scores: readonly Score[], completions: readonly Completion[]): void {
  const [first] = scores;
  if (first === undefined || scores.length === 1 || !isFailure(first) || !scores.every(isFailure)) return;
  throw new UserError(
    `reward "${reward.name}": none of ${scores.length} completions could be scored; prompt ${completions[0]!.prompt.id}: ${first.failed}`,
    first.remedy,
  );
}

async function scoreCompletion(reward: Reward, completion: Completion): Promise<number | null> {
  const place = placeOf(reward, completion);
  return checked(await explained(place, () => reward.score(completion)), place);
}

function placeOf({ name }: Reward, { prompt }: Completion): string {
  return `reward "${name}", prompt ${prompt.id}`;
}

async function explained<T>(place: string, score: () => T | Promise<T>): Promise<T> {
  try {
    return await score();
  } catch (cause) {
    // Such as an endpoint that refuses: the reward is not at fault, and the message is complete.
    if (cause instanceof UserError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `${place}: ${message}`,
      'Correct the reward function; return null for what it cannot score.',
      { cause },
    );
  }
}

function checked(score: unknown, place: string): number | null {
  if (score === null || (typeof score === 'number' && Number.isFinite(score))) return score;
  throw new UserError(
    `${place}: returned ${typeof score === 'number' ? score : typeof score}`,
    'A reward returns a finite number, or null for what it cannot score.',
  );
}

/** @param scores - of each reward */
function addUp(rewards: readonly WeightedReward[], scores: readonly Score[], completion: Completion): Scored {
  const values = scores.map((score) => (isFailure(score) ? null : score));
  let total: number | null = null;
  for (const [i, value] of values.entries()) {
    if (value !== null) total = (total ?? 0) + rewards[i]!.weight * value;
  }
  const parts = Object.fromEntries(rewards.map(({ reward }, i) => [reward.name, values[i]!]));
  const failed = scores.flatMap((score, i) =>
    isFailure(score) ? [[rewards[i]!.reward.name, score.failed] as const] : [],
  );
  const failures = failed.length > 0 && { failures: Object.fromEntries(failed) };
  const scored = { completion, reward: total, parts, ...failures };
  const judgesSteps = rewards.some(({ reward, weight }) => reward.steps !== undefined && weight !== 0);
  if (!judgesSteps || total === null || completion.tokens.length === 0) return scored;
  return { ...scored, steps: scoreSteps(rewards, values, completion) };
}

/** The steps that rewards judge; what the other rewards gave is one more, which the response as a whole ends. */
function scoreSteps(
  rewards: readonly WeightedReward[],
  values: readonly (number | null)[],
  completion: Completion,
): StepScore[] {
  const steps: StepScore[] = [];
  let rest: number | null = null;
  for (const [i, { reward, weight }] of rewards.entries()) {
    const value = values[i] ?? null;
    if (value === null || weight === 0) continue;
    if (reward.steps === undefined) rest = (rest ?? 0) + weight * value;
    else for (const { end, score } of reward.steps(completion)) steps.push({ end, score: weight * score });
  }
  if (rest !== null) steps.push({ end: completion.tokens.length - 1, score: rest });
  return steps;
}

/**
 * Scores all completions, in their order. Throws UserError naming reward and prompt where a built-in reward throws or
 * returns what is no finite number, where one fails on all of several completions, and where two have one name.
 */
export async function scoreAll(
  rewards: readonly WeightedReward[],
  completions: readonly Completion[],
): Promise<Scored[]> {
  const names = rewards.map(({ reward }) => reward.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`two rewards are named "${twice}"`, 'Give each its own name.');
  const parts = await Promise.all(rewards.map(({ reward }) => scorePart(reward, completions)));
  const scored = completions.map((completion, i) =>
    addUp(
      rewards,
      parts.map((scores) => scores[i]!),
      completion,
    ),
  );
  return Promise.all(scored.map(async (one) => ({ ...one, reflection: await reflectionOf(one, rewards) })));
}

/** Frees what the rewards hold. */
export function disposeRewards(rewards: readonly WeightedReward[]): void {
  for (const { reward } of rewards) reward.dispose?.();
}
