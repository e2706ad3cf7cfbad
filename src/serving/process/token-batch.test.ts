import { describe, expect, it } from 'vitest';
import type { ScoredToken, TokenEnd } from '../replies/index.ts';
import { readTokens, TokenBatch } from './token-batch.ts';

type Entry = [request: number, reply: number, scored: ScoredToken | null, end: TokenEnd];

const plain = (token: number): ScoredToken => ({ token, logprob: null, top: [] });

function read(batch: TokenBatch): Entry[] {
  const entries: Entry[] = [];
  readTokens(structuredClone(batch.take()), (...entry) => void entries.push(entry));
  return entries;
}

describe('TokenBatch', () => {
  it('gives the tokens back in order, each with its log-probabilities and its end', () => {
    const top = [
      { token: 3, logprob: -0.5 },
      { token: 9, logprob: -2 },
    ];
    const entries: Entry[] = [
      [1, 0, plain(151_935), 'goes on'],
      [1, 3, { token: 3, logprob: -0.5, top }, 'goes on'],
      [7, 0, null, 'length'],
      [2, 0, { token: 4, logprob: -1.25, top: [] }, 'complete'],
      [2, 1, { token: 5, logprob: -8, top: top.slice(1) }, 'end token'],
      [3, 0, plain(0), 'length'],
    ];
    const batch = new TokenBatch();
    for (const entry of entries) batch.add(...entry);
    expect(batch.empty).toBe(false);
    expect(read(batch)).toEqual(entries);
    expect(batch.empty).toBe(true);
    expect(read(batch)).toEqual([]);
  });

  it('grows, and gives what was added since the last time', () => {
    const batch = new TokenBatch();
    for (const count of [1, 1000, 3]) {
      for (let i = 0; i < count; i++) batch.add(i, 0, plain(i), 'goes on');
      expect(read(batch)).toEqual(Array.from({ length: count }, (_, i) => [i, 0, plain(i), 'goes on']));
    }
  });
});
