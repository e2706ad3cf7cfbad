/**
 * Word problems of the family `word-problem` (Apache-2.0, as this package): stories in which a number of things changes
 * in one to three steps.
 *
 * One text in ten is held out by its hash, so that no test problem is among the training problems, however many are made.
 */
import { createHash } from 'node:crypto';
import { findFamily, Random } from '@aha-r1/aha';

const SEED = 2026;

const family = findFamily('word-problem')!;

export interface WordProblem {
  readonly prompt: string;
  readonly answer: string;
  /** Steps of the story; the sale that ends some stories is one more. */
  readonly steps: number;
}

/** Which problems are drawn. */
export interface Draw {
  readonly steps: number;
  readonly count: number;
  readonly heldOut: boolean;
  /** Another name draws other problems of the same side; some of them may be the same. */
  readonly name?: string;
  /** Problems that are wanted; all unless given. */
  readonly accepts?: (text: string) => boolean;
}

/** Whether a text is kept for evaluation. */
export function isHeldOut(text: string): boolean {
  return createHash('sha256').update(text).digest()[0]! % 10 === 0;
}

/** `count` different stories, the same on every machine. */
export function wordProblems({
  steps,
  count,
  heldOut,
  name = '',
  accepts = () => true,
}: Draw): WordProblem[] {
  const random = Random.derive(SEED, `${name}${steps} ${heldOut}`);
  const found = new Map<string, WordProblem>();
  while (found.size < count) {
    const { text: prompt, answer } = family.generate(random, steps);
    if (isHeldOut(prompt) === heldOut && accepts(prompt)) found.set(prompt, { prompt, answer, steps });
  }
  return [...found.values()];
}

/** Training problems of one to three steps, in turn, so that a part of them has all levels. */
export function trainingProblems(countOfEach: number, name?: string): WordProblem[] {
  const levels = [1, 2, 3].map((steps) =>
    wordProblems({ steps, count: countOfEach, heldOut: false, ...(name && { name }) }),
  );
  return levels[0]!.flatMap((_, i) => levels.map((level) => level[i]!));
}

/**
 * Stories of two steps that only add and take away, with numbers up to 10: a model of this size solves one in eight of them
 * before training, where it solves one in a hundred of all stories of two steps.
 */
export function plainProblems(count: number, heldOut: boolean, name = ''): WordProblem[] {
  return wordProblems({ steps: 2, count, heldOut, name: `plain ${name}`, accepts: isPlain });
}

function isPlain(text: string): boolean {
  if (/boxes with|friends come|to each of|bags with|sells everything/.test(text)) return false;
  return (text.match(/\d+/g) ?? []).every((digits) => Number(digits) <= 10);
}
