import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionOf } from '../../tests/support/completion.ts';
import {
  ADVANTAGES,
  type AdvantageName,
  broadcast,
  drGrpo,
  fractionWithoutSignal,
  grpo,
  rloo,
} from './index.ts';

const names = Object.keys(ADVANTAGES) as AdvantageName[];

describe('by hand', () => {
  // Rewards 1, 0, 0, 1, 3: mean 1, squares 0+1+1+0+4 = 6, sample variance 6/4.
  const rewards = [1, 0, 0, 1, 3];
  const groups = [0, 0, 0, 0, 0];

  it('grpo divides by the sample standard deviation plus 1e-6', () => {
    const deviation = Math.sqrt(1.5) + 1e-6;
    expect([...grpo(rewards, groups)]).toEqual([0, -1 / deviation, -1 / deviation, 0, 2 / deviation]);
  });

  it('dr_grpo subtracts the mean', () => {
    expect([...drGrpo(rewards, groups)]).toEqual([0, -1, -1, 0, 2]);
  });

  it('rloo subtracts the mean of the others', () => {
    expect([...rloo(rewards, groups)]).toEqual([0, -1.25, -1.25, 0, 2.5]);
  });
});

describe.each(names)('%s', (name) => {
  const advantage = ADVANTAGES[name];
  const reward = fc.option(fc.integer({ min: -3, max: 3 }).map((x) => x / 2));
  const rows = fc.array(fc.tuple(reward, fc.integer({ min: 0, max: 3 })), { maxLength: 24 });

  it('gives the unscorable 0 and the others what they would get without them', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const all = advantage(
          pairs.map(([r]) => r),
          pairs.map(([, g]) => g),
        );
        const scorable = pairs.flatMap(([r], i) => (r === null ? [] : [i]));
        const without = advantage(
          scorable.map((i) => pairs[i]![0]),
          scorable.map((i) => pairs[i]![1]),
        );
        expect(scorable.map((i) => all[i])).toEqual([...without]);
        for (const [i, [r]] of pairs.entries()) if (r === null) expect(all[i]).toBe(0);
      }),
    );
  });

  it('sums to zero in each group, is finite, and rises with the reward', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const groups = pairs.map(([, g]) => g);
        const all = advantage(
          pairs.map(([r]) => r),
          groups,
        );
        for (const group of new Set(groups)) {
          const own = pairs.flatMap(([r, g], i) => (g === group && r !== null ? [{ r, a: all[i]! }] : []));
          expect(Math.abs(own.reduce((sum, { a }) => sum + a, 0))).toBeLessThan(1e-9);
          for (const x of own) for (const y of own) if (x.r > y.r) expect(x.a).toBeGreaterThan(y.a);
        }
        expect(all.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('is exactly 0 for equal rewards, groups of one, groups of nulls, and nothing', () => {
    expect([...advantage([0.1, 0.1, 0.1], [4, 4, 4])]).toEqual([0, 0, 0]);
    expect([...advantage([5, 7], [0, 1])]).toEqual([0, 0]);
    expect([...advantage([null, null, 3], [0, 0, 0])]).toEqual([0, 0, 0]);
    expect([...advantage([], [])]).toEqual([]);
  });

  it('keeps interleaved groups apart', () => {
    const apart = advantage([1, 0, 8, 2], [0, 0, 1, 1]);
    expect([...advantage([1, 8, 0, 2], [9, 3, 9, 3])]).toEqual([apart[0], apart[2], apart[1], apart[3]]);
  });

  it('refuses rewards and groups of unequal number', () => {
    expect(() => advantage([1, 2], [0])).toThrow(RangeError);
  });
});

describe('fractionWithoutSignal', () => {
  it('counts groups whose scorable rewards are all equal', () => {
    expect(fractionWithoutSignal([1, 1, 0, 1, null, 2, null, null], [0, 0, 1, 1, 2, 2, 3, 3])).toBe(0.75);
    expect(fractionWithoutSignal([], [])).toBe(0);
  });
});

describe('broadcast', () => {
  const scored = [4, 0, 2].map((length) => ({
    completion: completionOf('x', { length }),
    reward: 1,
    parts: {},
  }));

  it('gives each token its completion’s advantage', () => {
    const samples = broadcast(scored, [0, 0, 1], [0.5, -1, 2]);
    expect(samples.map(({ advantages }) => [...advantages])).toEqual([[0.5, 0.5, 0.5, 0.5], [], [2, 2]]);
    expect(samples.map(({ group }) => group)).toEqual([0, 0, 1]);
    expect(samples[2]!.scored).toBe(scored[2]);
  });

  it('refuses arrays of unequal length', () => {
    expect(() => broadcast(scored, [0, 0], [1, 2, 3])).toThrow(RangeError);
  });
});
