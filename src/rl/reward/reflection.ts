/**
 * @file Self-reflection of a scored response: its words of reflection, its attempts, and whether its answer changed from
 * the first attempt to the end, to right or to wrong.
 *
 * A reward that tells right from wrong can say what one attempt comes to (`Reward.attempt`): the first attempt that comes
 * to an answer is compared with the answer that was given. Without such a reward only words and attempts are counted.
 */
import type { Completion, Reflection, Revision, Scored } from '../../records.ts';
import { attemptsOf, reflectionWords } from '../../text/index.ts';

/** What an attempt comes to. */
export interface AttemptReading {
  readonly right: boolean;
  /** The response answers something else. */
  readonly changed: boolean;
}

/** A reward as far as it reads attempts. */
export interface AttemptReader {
  /** Name in metrics and in `Scored.parts`. */
  readonly name: string;
  /**
   * What one attempt of a thought comes to; null where it comes to no answer. Only of rewards that say right or wrong.
   * @param text - the attempt
   * @param completion - the response whose thought it is part of
   */
  attempt?(text: string, completion: Completion): AttemptReading | null | Promise<AttemptReading | null>;
}

/** Attempts that are searched for the first one that comes to an answer. */
const MOST_READ = 8;

/** Measures one scored response by the first reward that could score it and can read attempts. */
export async function reflectionOf(
  { completion, parts }: Pick<Scored, 'completion' | 'parts'>,
  rewards: readonly { readonly reward: AttemptReader }[],
): Promise<Reflection> {
  const { response } = completion;
  const attempts = attemptsOf(response);
  const reflection = { words: reflectionWords(response.text), attempts: attempts.length };
  if (attempts.length === 1) return reflection;
  const judge = rewards.find(({ reward: { name, attempt } }) => attempt && (parts[name] ?? null) !== null);
  if (judge === undefined) return reflection;
  const right = parts[judge.reward.name] === 1;
  for (const attempt of attempts.slice(0, MOST_READ)) {
    const first = await judge.reward.attempt!(attempt, completion);
    if (first === null) continue;
    return first.changed ? { ...reflection, revision: revisionOf(first.right, right) } : reflection;
  }
  return reflection;
}

function revisionOf(before: boolean, after: boolean): Revision {
  if (before === after) return 'neither';
  return after ? 'to-right' : 'to-wrong';
}
