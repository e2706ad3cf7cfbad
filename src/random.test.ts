import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

/** Pearson's χ² of observed counts against equal expectation. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('Random', () => {
  it('gives the same stream for the same seed and purpose, pinned across versions', () => {
    expect(draws(Random.derive(1, 'data'), 5)).toEqual(draws(Random.derive(1, 'data'), 5));
    const pinned = Random.derive(42, 'pin');
    expect(Array.from({ length: 4 }, () => pinned.int(0, 999))).toEqual([594, 262, 617, 578]);
  });

  it('gives other streams for other seeds and purposes, however they are spelled', () => {
    const streams = [
      Random.derive(1, 'a', 'b'),
      Random.derive(1, 'ab'),
      Random.derive(1, 'a,b'),
      Random.derive(1, 'a', 2),
      Random.derive(1, 'a', '2'),
      Random.derive(2, 'a', 'b'),
      Random.derive(1),
    ];
    expect(new Set(streams.map((stream) => draws(stream, 3).join())).size).toBe(streams.length);
  });

  it('takes seeds of 64 bits, each with a stream of its own', () => {
    const most = 2n ** 64n - 1n;
    const seeds = [most, most - 1n, 2n ** 63n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), -1];
    const streams = seeds.map((seed) => draws(Random.derive(seed, 'reply'), 3).join());
    expect(new Set(streams).size).toBe(seeds.length);
    expect(draws(Random.derive(42n, 'pin'), 4)).toEqual(draws(Random.derive(42, 'pin'), 4));
  });

  it('goes on from a saved state exactly, through JSON', () => {
    const random = Random.derive(7, 'resume');
    draws(random, 100);
    const restored = Random.fromState(JSON.parse(JSON.stringify(random.state())));
    expect(draws(restored, 50)).toEqual(draws(random, 50));
  });

  it.each([[null], [[1, 2, 3]], [[1, 2, 3, -1]], [[1, 2, 3, 2 ** 32]], [[1, 2, 3, 0.5]], ['abcd']])(
    'refuses %j as a state',
    (state) => {
      expect(() => Random.fromState(state)).toThrow(TypeError);
    },
  );

  it('is uniform: χ² over 100 bins of 100,000 draws stays below the 99.9% bound of 149.4', () => {
    const counts = Array.from({ length: 100 }, () => 0);
    const random = Random.derive(3, 'uniform');
    for (let i = 0; i < 100_000; i++) {
      const x = random.next();
      expect(x >= 0 && x < 1).toBe(true);
      counts[Math.floor(x * 100)]! += 1;
    }
    expect(chiSquare(counts)).toBeLessThan(149.4);
  });

  it('has neighbouring draws independent: χ² over pairs stays below the 99.9% bound of 149.4', () => {
    const counts = Array.from({ length: 100 }, () => 0);
    const random = Random.derive(4, 'pairs');
    for (let i = 0; i < 100_000; i++) counts[random.int(0, 9) * 10 + random.int(0, 9)]! += 1;
    expect(chiSquare(counts)).toBeLessThan(149.4);
  });

  it('draws integers with both ends included and refuses an empty or fractional range', () => {
    const random = Random.derive(5);
    const seen = new Set(Array.from({ length: 1000 }, () => random.int(-2, 3)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    expect(random.int(9, 9)).toBe(9);
    expect(() => random.int(3, 2)).toThrow(RangeError);
    expect(() => random.int(0.5, 2)).toThrow(RangeError);
    expect(() => random.int(0, Number.NaN)).toThrow(RangeError);
  });

  it('chooses by weight and never a choice of weight zero', () => {
    const random = Random.derive(6);
    const counts = { a: 0, b: 0, never: 0 };
    for (let i = 0; i < 20_000; i++)
      counts[
        random.weighted([
          ['a', 3],
          ['never', 0],
          ['b', 1],
        ] as const)
      ] += 1;
    expect(counts.never).toBe(0);
    expect(counts.a / 20_000).toBeCloseTo(0.75, 2); // standard error .003
    expect(() => random.weighted([['a', 0]])).toThrow(RangeError);
    expect(() =>
      random.weighted([
        ['a', -1],
        ['b', 2],
      ] as const),
    ).toThrow(RangeError);
    expect(() => random.choice([])).toThrow(RangeError);
  });

  it('takes chances of 0 and 1 as never and always', () => {
    const random = Random.derive(8);
    expect(Array.from({ length: 1000 }, () => random.chance(0))).not.toContain(true);
    expect(Array.from({ length: 1000 }, () => random.chance(1))).not.toContain(false);
  });

  it('shuffles every order equally often and leaves its argument alone', () => {
    const random = Random.derive(9);
    const items = ['a', 'b', 'c'];
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(items).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(items).toEqual(['a', 'b', 'c']);
    expect(counts.size).toBe(6);
    expect(chiSquare([...counts.values()])).toBeLessThan(20.5); // 99.9% bound, 5 degrees of freedom
  });
});
