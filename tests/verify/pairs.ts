/** @file The hand-written pairs of pairs.jsonl and cases.jsonl: reference, response, and the verdict they must get. */
import { readFileSync } from 'node:fs';

export interface Pair {
  readonly reference: string;
  readonly response: string;
  readonly verdict: boolean | null;
  /** What the pair is about, where that is not plain. */
  readonly note?: string;
}

/** A response to a multiple choice, and the letter that it settles on. */
export interface Choice {
  readonly response: string;
  readonly letter: string | null;
}

function linesOf<T>(file: string): readonly T[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

export const pairs: readonly Pair[] = linesOf('./pairs.jsonl');
/** Responses as models write them, and what was once judged wrong. */
export const cases: readonly Pair[] = linesOf('./cases.jsonl');
export const choices: readonly Choice[] = linesOf('./choices.jsonl');
