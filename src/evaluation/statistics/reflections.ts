/** @file Self-reflection in a stage's report: words of doubt, attempts, and answers that changed on the way. */
import type { Graded } from './graded.ts';
import { mean } from './quantile.ts';

/** Means over responses. */
export interface ReflectionFigures {
  /** Words of reflection in a response, all of them and each; words that no response holds are left out. */
  readonly words: number;
  readonly each: { readonly [word: string]: number };
  /** Share of the responses that hold one. */
  readonly share: number;
  /** Attempts in a response, 1 or more. */
  readonly attempts: number;
  /** Shares of the responses whose answer changed after their first attempt: from wrong to right, from right to wrong, else. */
  readonly toRight: number;
  readonly toWrong: number;
  readonly neither: number;
}

/** Measures these responses; null where one was not looked at. */
export function reflectionFigures(responses: readonly Graded[]): ReflectionFigures | null {
  const looked = responses.flatMap(({ reflection }) => reflection ?? []);
  if (looked.length === 0 || looked.length < responses.length) return null;
  const names = [...new Set(looked.flatMap(({ words }) => Object.keys(words)))].sort();
  const totals = looked.map(({ words }) => Object.values(words).reduce((sum, count) => sum + count, 0));
  const share = (revision: string) => mean(looked.map((one) => (one.revision === revision ? 1 : 0)));
  return {
    words: mean(totals),
    each: Object.fromEntries(
      names.map((name) => [name, mean(looked.map(({ words }) => words[name] ?? 0))] as const),
    ),
    share: mean(totals.map((total) => (total > 0 ? 1 : 0))),
    attempts: mean(looked.map(({ attempts }) => attempts)),
    toRight: share('to-right'),
    toWrong: share('to-wrong'),
    neither: share('neither'),
  };
}
