/**
 * @file Self-reflection in a response: how often it holds the words of doubt, and the attempts that they part it into.
 *
 * The words are those that DeepSeek-R1's paper counts (arXiv 2501.12948, appendix: wait, mistake, however, but, retry, error,
 * verify, wrong, evaluate, check) and their Chinese counterparts. They are counted in all of the response. Counting words
 * says how a model talks; whether its answers get better by it is measured apart (src/rl/reward/reflection.ts).
 */
import type { ReadResponse } from '../records.ts';

/** Each word with the spellings that count as it: in Latin letters whole words in any case, in Chinese any occurrence. */
const WORDS = {
  wait: ['wait', '等等', '等一下', '等下'],
  mistake: ['mistake', 'mistakes', 'mistaken', '失误'],
  however: ['however', '然而', '不过'],
  but: ['but', '但是', '可是'],
  retry: ['retry', '重试', '再试'],
  error: ['error', 'errors', '错误'],
  verify: ['verify', 'verifying', '验证'],
  wrong: ['wrong', '不对', '错了'],
  evaluate: ['evaluate', 'evaluating', '评估'],
  check: ['check', 'checking', '检查', '检验'],
} as const;

export type ReflectionWord = keyof typeof WORDS;

/** The words of reflection, as metrics call them. */
export const REFLECTION_WORDS = Object.keys(WORDS) as readonly ReflectionWord[];

/** Words that begin a new attempt: the paper's `wait` and `retry`, and how models without them say so. */
const RESTARTS = [
  ...WORDS.wait,
  ...WORDS.retry,
  'alternatively',
  'let me try again',
  "let's try again",
  'try another',
  '换个思路',
  '换一种',
];

/** A pattern that finds any of the spellings. */
function anyOf(spellings: readonly string[]): RegExp {
  const latin = spellings.filter((word) => /[a-z]/.test(word));
  const others = spellings.filter((word) => !/[a-z]/.test(word));
  const whole =
    latin.length === 0 ? [] : [String.raw`(?<![\p{L}\p{N}])(?:${latin.join('|')})(?![\p{L}\p{N}])`];
  return new RegExp([...whole, ...others].join('|'), 'giu');
}

const PATTERNS = REFLECTION_WORDS.map((word) => [word, anyOf(WORDS[word])] as const);
const RESTART = anyOf(RESTARTS);

/** How often each word of reflection stands in a text; words that do not are left out. */
export function reflectionWords(text: string): { readonly [word in ReflectionWord]?: number } {
  return Object.fromEntries(
    PATTERNS.flatMap(([word, pattern]) => {
      const count = text.match(pattern)?.length ?? 0;
      return count === 0 ? [] : [[word, count]];
    }),
  );
}

/**
 * The attempts of a thought: the parts that words such as `wait` begin, blank ones left out. At least one, be it blank; in
 * a response without a thought, the parts of the whole response.
 */
export function attemptsOf({ thought, text }: Pick<ReadResponse, 'thought' | 'text'>): readonly string[] {
  const parts = (thought ?? text).split(RESTART).filter((part) => part.trim() !== '');
  return parts.length === 0 ? [''] : parts;
}
