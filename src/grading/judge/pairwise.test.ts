import { describe, expect, it } from 'vitest';
import { comparePair, type PairScore, preferred } from './pairwise.ts';
import { fakeJudge, materialIn } from './testing.ts';

const pair = { question: 'tell : red', first: 'red is warm .', second: 'red .' };
const options = { times: 4, seed: 7, temperature: 0.7, maxTokens: 100, attempts: 2 };

/** A judge that says what `verdict` makes of the two answers. */
function judgeOf(verdict: (a: string, b: string, number: number) => string) {
  return fakeJudge(({ messages }, number) => {
    const text = messages.find(({ role }) => role === 'user')!.content;
    return JSON.stringify({
      verdict: verdict(materialIn(text, 'answer A'), materialIn(text, 'answer B'), number),
    });
  });
}

describe('comparePair', () => {
  it('averages verdicts, seen from the first, whichever stood first', async () => {
    await using judge = await judgeOf((a) => (a === pair.first ? 'A>>B' : 'B>A'));
    const { score, verdicts } = await comparePair(judge.endpoint, pair, options);
    // 2, 2 where it stands first; 1, 1 where it stands second
    expect(score).toBe(1.5);
    expect(verdicts.map(({ shown }) => shown).sort()).toEqual(['first', 'first', 'second', 'second']);
    expect(new Set(judge.asked().map(({ seed }) => seed)).size).toBe(4);
  });

  it.each([2, 3, 4, 5])('counts for nothing what a judge gives to a place (%i verdicts)', async (times) => {
    await using judge = await judgeOf(() => 'A>>B');
    const { score } = await comparePair(judge.endpoint, pair, { ...options, times });
    expect(score).toBe(0);
  });

  it('sees through a bias that is stronger than the difference', async () => {
    await using judge = await judgeOf((a) => (a === pair.first ? 'A>>B' : 'A=B'));
    expect((await comparePair(judge.endpoint, pair, options)).score).toBe(1);
  });

  it('leaves out what cannot be read, and has no score with one order alone', async () => {
    await using judge = await judgeOf((a) => (a === pair.first ? 'A>B' : 'both are fine'));
    const result = await comparePair(judge.endpoint, pair, options);
    expect(result.verdicts).toEqual([
      { score: 1, shown: 'first' },
      { score: 1, shown: 'first' },
    ]);
    expect(result.score).toBeNull();
    // two read at once, two twice in vain
    expect(judge.asked()).toHaveLength(6);
  });

  it('asks the same of the same seed, and another order of another', async () => {
    await using judge = await judgeOf(() => 'A=B');
    const orders = async (seed: number) =>
      (await comparePair(judge.endpoint, pair, { ...options, seed })).verdicts
        .map(({ shown }) => shown)
        .join();
    const first = await orders(1);
    expect(await orders(1)).toBe(first);
    const seen = new Set<string>();
    for (let seed = 0; seed < 12; seed++) seen.add(await orders(seed));
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe('preferred', () => {
  const scored = (score: number | null): PairScore => ({ score, verdicts: [] });
  it('keeps clear differences alone', () => {
    expect([1.5, 1, 0, -1, -1.25, null].map((score) => preferred(scored(score)))).toEqual([
      'first',
      null,
      null,
      null,
      'second',
      null,
    ]);
    expect(preferred(scored(0.5), 0.25)).toBe('first');
  });
});
