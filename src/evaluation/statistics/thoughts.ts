/**
 * @file Languages of thoughts: the figures of language consistency in a stage's report.
 *
 * Thoughts without words (bare sums, no thought at all) are in no language and left out of both figures.
 */
import type { Graded } from './graded.ts';
import { mean } from './quantile.ts';

/** Languages of thoughts; null where no thought has words. */
export interface ThoughtLanguages {
  /** Mean over thoughts of the share of their words that are in the prompt's language. */
  readonly languageConsistency: number | null;
  /** Share of thoughts that have words in the prompt's language and others. */
  readonly mixedThoughts: number | null;
}

/** Measures the thoughts of these responses; null where their languages were not looked at. */
export function thoughtLanguages(responses: readonly Graded[]): ThoughtLanguages | null {
  if (!responses.some(({ language }) => language !== undefined)) return null;
  const shares = responses.flatMap(({ language }) => language ?? []);
  if (shares.length === 0) return { languageConsistency: null, mixedThoughts: null };
  return {
    languageConsistency: mean(shares),
    mixedThoughts: mean(shares.map((share) => (share > 0 && share < 1 ? 1 : 0))),
  };
}
