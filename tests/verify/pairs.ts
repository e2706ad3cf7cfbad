/** @file The hand-written pairs of pairs.jsonl: reference, response, and the verdict they must get. */
import { readFileSync } from 'node:fs';

export interface Pair {
  readonly reference: string;
  readonly response: string;
  readonly verdict: boolean | null;
  /** What the pair is about, where that is not plain. */
  readonly note?: string;
}

export const pairs: readonly Pair[] = readFileSync(new URL('./pairs.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Pair);
