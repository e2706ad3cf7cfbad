import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADVANTAGES,
  type CriticFreeName,
  drGrpo,
  fractionWithoutSignal,
  gpg,
  grpo,
  hasSignal,
  isGroupRelative,
  litePpo,
  outcome,
  reinforcePlusPlus,
  rloo,
} from './index.ts';

const relative = { grpo, drGrpo, rloo, litePpo, gpg };

describe('by hand', () => {
  // Rewards 1, 0, 0, 1, 3: mean 1, squares 0+1+1+0+4 = 6, sample variance 6/4.
  const rewards = [1, 0, 0, 1, 3];
  const groups = [0, 0, 0, 0, 0];

  it('grpo divides by the sample standard deviation plus 1e-6', () => {
    const deviation = Math.sqrt(1.5) + 1e-6;
    expect([...grpo(rewards, groups)]).toEqual([0, -1 / deviation, -1 / deviation, 0, 2 / deviation]);
  });

  it('dr-grpo subtracts the mean', () => {
    expect([...drGrpo(rewards, groups)]).toEqual([0, -1, -1, 0, 2]);
  });

  it('rloo subtracts the mean of the others', () => {
    expect([...rloo(rewards, groups)]).toEqual([0, -1.25, -1.25, 0, 2.5]);
  });

  it('lite-ppo divides by the deviation of all rewards', () => {
    // All of 1, 0, 4, 4: mean 9/4, squares 25/16 + 81/16 + 49/16 + 49/16, sample variance 204/48.
    const deviation = Math.sqrt(4.25) + 1e-6;
    expect([...litePpo([1, 0, 4, 4], [0, 0, 1, 1])]).toEqual([0.5 / deviation, -0.5 / deviation, 0, 0]);
  });

  it('gpg scales by completions over those with a reward', () => {
    expect([...gpg([1, 0, 0, 0, null], [0, 0, 1, 1, 1])]).toEqual([2, -2, 0, 0, 0]);
  });

  it('reinforce++ normalises over tokens, long completions weighing more', () => {
    // Tokens 1, 0, 0: mean 1/3, sample variance 1/3.
    const scale = Math.sqrt(1 / 3 + 1e-8);
    const [long, short, none] = reinforcePlusPlus({
      rewards: [0, 1, null],
      groups: [0, 1, 2],
      lengths: [2, 1, 2],
    });
    for (const value of long!) expect(value).toBeCloseTo(-1 / 3 / scale, 12);
    expect(short![0]).toBeCloseTo(2 / 3 / scale, 12);
    expect([...none!]).toEqual([0, 0]);
  });

  it('reinforce++ pays a token for penalties at and after it', () => {
    // Returns 1 − 0.5 − 0.25, 1 − 0.25 and 0: what is 0.5 apart before is so after, up to the scale.
    const [[first, second], [other]] = reinforcePlusPlus({
      rewards: [1, 0],
      groups: [0, 1],
      lengths: [2, 1],
      penalties: [[0.5, 0.25], [0]],
    }) as unknown as [[number, number], [number]];
    expect((second - first) / (second - other)).toBeCloseTo(0.5 / 0.75, 12);
    expect(first + second + other).toBeCloseTo(0, 12);
  });

  it('outcome takes penalties off the reward before comparing', () => {
    const advantages = outcome(drGrpo)({
      rewards: [1, 1, null],
      groups: [0, 0, 0],
      lengths: [2, 1, 1],
      penalties: [[0.5, 0.25], [0.25], [9]],
    });
    expect(advantages.map((row) => [...row])).toEqual([[-0.25, -0.25], [0.25], [0]]);
  });
});

describe.each(Object.entries(relative))('%s', (_, advantage) => {
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

describe.each(Object.keys(ADVANTAGES) as CriticFreeName[])('%s over tokens', (name) => {
  it('gives every response token a number, the unscorable 0, and does not look at the order', () => {
    const rewards = [1, 0, null, 0.5, 2, 0];
    const groups = [0, 0, 0, 1, 1, 1];
    const lengths = [2, 3, 1, 0, 2, 1];
    const order = [4, 2, 0, 5, 1, 3];
    const pick = <T>(values: readonly T[]) => order.map((i) => values[i]!);
    const advantages = ADVANTAGES[name]({ rewards, groups, lengths });
    const shuffled = ADVANTAGES[name]({
      rewards: pick(rewards),
      groups: pick(groups),
      lengths: pick(lengths),
    });
    expect(advantages.map(({ length }) => length)).toEqual(lengths);
    expect(advantages[2]![0]).toBe(0);
    for (const [k, i] of order.entries()) {
      for (const [t, value] of advantages[i]!.entries()) expect(shuffled[k]![t]).toBeCloseTo(value, 12);
    }
  });

  it('is exactly 0 where every reward is the same', () => {
    const advantages = ADVANTAGES[name]({ rewards: [0.3, 0.3, 0.3], groups: [0, 0, 0], lengths: [1, 2, 3] });
    expect(advantages.flatMap((row) => [...row])).toEqual([0, 0, 0, 0, 0, 0]);
    const alone = ADVANTAGES[name]({ rewards: [1, 0], groups: [0, 1], lengths: [1, 1] });
    expect(alone.every((row) => row[0] === 0)).toBe(isGroupRelative(name));
  });
});

describe('fractionWithoutSignal', () => {
  it('counts groups whose scorable rewards are all equal', () => {
    expect(fractionWithoutSignal([1, 1, 0, 1, null, 2, null, null], [0, 0, 1, 1, 2, 2, 3, 3])).toBe(0.75);
    expect(fractionWithoutSignal([], [])).toBe(0);
  });

  it('agrees with hasSignal', () => {
    expect([[], [null], [1], [1, null, 1], [1, null, 0]].map(hasSignal)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});
