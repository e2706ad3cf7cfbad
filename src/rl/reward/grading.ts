/**
 * @file Grading: the rewards of completions, each a weighted sum of its parts.
 *
 * The total is the weighted sum of the parts that could score (R1: accuracy + format, equal weight, then + language).
 * A completion that no part could score has the reward null: it is excluded from the baseline and the loss, and
 * never counted as wrong.
 *
 * A reward that waits (a sandbox, a script, an endpoint) is asked for each group as soon as that is there; all others
 * score once all groups are. What completions score does not depend on which reward or group is ready first.
 */
import { UserError } from '../../errors.ts';
import { ALONE, type Ranks, shareOf } from '../../ranks.ts';
import type { Completion, Scored, StepScore } from '../../records.ts';
import { reflectionOf } from './reflection.ts';
import type { Failure, Reward, Score, WeightedReward } from './reward.ts';

/** Who scores what. */
export interface GradingOptions {
  /** Processes that share out whole groups: each scores some, and all get the scores of all. ALONE unless given. */
  readonly ranks?: Ranks;
  /** Completions of a prompt, which lie next to one another; 1 unless given. */
  readonly groupSize?: number;
}

/** The rewards of one draw of completions, begun while others are still sampled. */
export class Grading {
  readonly #rewards: readonly WeightedReward[];
  readonly #ranks: Ranks;
  readonly #groupSize: number;
  /** Of each reward that has been asked: the score of each completion. */
  readonly #asked: ReadonlyMap<Reward, Map<Completion, Promise<Score>>>;
  #open = 0;

  /** @throws UserError where two rewards have one name */
  constructor(rewards: readonly WeightedReward[], { ranks = ALONE, groupSize = 1 }: GradingOptions = {}) {
    const names = rewards.map(({ reward }) => reward.name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined)
      throw new UserError(`two rewards are named "${twice}"`, 'Give each its own name.');
    this.#rewards = rewards;
    this.#ranks = ranks;
    this.#groupSize = groupSize;
    this.#asked = new Map(rewards.map(({ reward }) => [reward, new Map()]));
  }

  /** Whether a score that was asked for is not there yet. */
  get pending(): boolean {
    return this.#open > 0;
  }

  /** Asks the rewards that wait for the scores of a group of this rank. Never throws: `scored` does. */
  begin(group: readonly Completion[]): void {
    for (const { reward } of this.#rewards) if (reward.waits === true) this.#ask(reward, group);
  }

  /** Asks all rewards for the scores of all completions, as far as they have not been asked. Never throws: `scored` does. */
  ask(completions: readonly Completion[]): void {
    this.#askAll(this.#own(completions));
  }

  #askAll(completions: readonly Completion[]): void {
    // Those that wait first: they are not kept waiting by what is computed here.
    for (const { reward } of this.#rewards) if (reward.waits === true) this.#ask(reward, completions);
    for (const { reward } of this.#rewards) this.#ask(reward, completions);
  }

  /**
   * All completions with their rewards, in their order, once every score is there. Throws UserError naming reward and prompt
   * where a built-in reward throws or returns what is no finite number, and where one fails on all of several completions.
   */
  async scored(completions: readonly Completion[]): Promise<Scored[]> {
    const own = this.#own(completions);
    this.#askAll(own);
    const rewards = this.#rewards;
    const parts = await Promise.all(
      rewards.map(({ reward }) => {
        const asked = this.#asked.get(reward)!;
        return Promise.all(own.map((completion) => asked.get(completion)!));
      }),
    );
    const ofAll = this.#ranks.gather(parts);
    for (const [i, { reward }] of rewards.entries()) {
      requireOne(
        reward,
        ofAll.flatMap((ofRank) => ofRank[i]!),
        completions,
      );
    }
    const sums = own.map((completion, i) =>
      addUp(
        rewards,
        parts.map((scores) => scores[i]!),
        completion,
      ),
    );
    const looked = await Promise.all(
      sums.map(async (one) => ({ ...one, reflection: await reflectionOf(one, rewards) })),
    );
    return this.#ranks
      .gather(looked.map(withoutCompletion))
      .flat()
      .map((verdict, i) => ({ completion: completions[i]!, ...verdict }));
  }

  /** The completions that this rank scores: whole groups. */
  #own(completions: readonly Completion[]): readonly Completion[] {
    const [from, to] = shareOf(completions.length / this.#groupSize, this.#ranks);
    return completions.slice(from * this.#groupSize, to * this.#groupSize);
  }

  #ask(reward: Reward, completions: readonly Completion[]): void {
    const asked = this.#asked.get(reward)!;
    const rest = completions.filter((completion) => !asked.has(completion));
    if (rest.length === 0) return;
    const each = scoresOf(reward, rest);
    for (const [i, completion] of rest.entries()) asked.set(completion, each[i]!);
    this.#open += 1;
    // A failure is told by `scored`: it is no rejection that nobody handles.
    void Promise.allSettled(each).then(() => {
      this.#open -= 1;
    });
  }
}

/** What other ranks need of it: they have all completions. */
function withoutCompletion({
  reward,
  parts,
  failures,
  steps,
  reflection,
}: Scored): Omit<Scored, 'completion'> {
  return {
    reward,
    parts,
    ...(failures && { failures }),
    ...(steps && { steps }),
    ...(reflection && { reflection }),
  };
}

/** Scores all completions, in their order. Throws as Grading does. */
export async function scoreAll(
  rewards: readonly WeightedReward[],
  completions: readonly Completion[],
  options?: GradingOptions,
): Promise<Scored[]> {
  return new Grading(rewards, options).scored(completions);
}

/** The score of each completion. */
function scoresOf(reward: Reward, completions: readonly Completion[]): Promise<Score>[] {
  if (reward.scoreBatch === undefined) {
    return completions.map((completion) => scoreCompletion(reward, completion));
  }
  const all = scoreTogether(reward, completions);
  return completions.map(async (_, i) => (await all)[i]!);
}

async function scoreTogether(reward: Reward, completions: readonly Completion[]): Promise<readonly Score[]> {
  const scores = await explained(`reward "${reward.name}"`, () => reward.scoreBatch!(completions));
  if (scores.length !== completions.length) {
    throw new UserError(
      `reward "${reward.name}": ${scores.length} scores for ${completions.length} completions`,
      'A reward returns one score for each completion, in their order.',
    );
  }
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
