import { describe, expect, it } from 'vitest';
import { explainedVariance, gae, tokenRewards, whiten } from './index.ts';

/** Âₜ written as the double sum of the paper: Σ_l (γλ)ˡ (rₜ₊ₗ + γ Vₜ₊ₗ₊₁ − Vₜ₊ₗ). */
function slow(rewards: number[], values: number[], gamma: number, lambda: number): number[] {
  return rewards.map((_, t) =>
    rewards.slice(t).reduce((sum, reward, l) => {
      const delta = reward + gamma * (values[t + l + 1] ?? 0) - values[t + l]!;
      return sum + (gamma * lambda) ** l * delta;
    }, 0),
  );
}

describe('gae', () => {
  const rewards = [[0, 0.5, 0, 1], [], [-1]];
  const values = [[0.2, -0.4, 0.9, 0.1], [], [0.3]];

  it.each([
    [1, 1],
    [1, 0.95],
    [0.9, 0.5],
    [0.99, 0],
  ])('is the sum of discounted TD errors (γ %d, λ %d)', (gamma, lambda) => {
    const { advantages, returns } = gae(rewards, values, { gamma, lambda, whiten: false });
    for (const [i, row] of rewards.entries()) {
      const expected = slow(row, values[i]!, gamma, lambda);
      expect(advantages[i]).toHaveLength(row.length);
      for (const [t, value] of expected.entries()) {
        expect(advantages[i]![t]).toBeCloseTo(value, 12);
        expect(returns[i]![t]).toBeCloseTo(value + values[i]![t]!, 12);
      }
    }
  });

  it('λ = γ = 1 is the return to go minus the value', () => {
    const { returns } = gae(rewards, values, { gamma: 1, lambda: 1, whiten: false });
    expect([...returns[0]!].map((value) => Number(value.toFixed(12)))).toEqual([1.5, 1.5, 1, 1]);
  });

  it('whitens the advantages and leaves the returns', () => {
    const options = { gamma: 1, lambda: 0.95 };
    const plain = gae(rewards, values, { ...options, whiten: false });
    const white = gae(rewards, values, { ...options, whiten: true });
    expect(white.returns).toEqual(plain.returns);
    expect(white.advantages).toEqual(whiten(plain.advantages));
  });

  it('refuses rewards and values of unequal number', () => {
    expect(() => gae([[1, 2]], [[1]], { gamma: 1, lambda: 1, whiten: false })).toThrow(RangeError);
  });
});

describe('tokenRewards', () => {
  it('pays the reward at the last token and takes penalties off where they fall', () => {
    const rows = tokenRewards({
      rewards: [2, null, 1, 1],
      lengths: [3, 2, 1, 0],
      penalties: [[0.5, 0, 0.25], [9, 9], [-1], []],
    });
    expect(rows.map((row) => [...row])).toEqual([[-0.5, 0, 1.75], [], [2], []]);
    expect(tokenRewards({ rewards: [1], lengths: [2] }).map((row) => [...row])).toEqual([[0, 1]]);
  });
});

describe('whiten', () => {
  it('gives zero mean and unit variance over all rows', () => {
    const all = whiten([Float64Array.of(1, 2), Float64Array.of(), Float64Array.of(6)]).flatMap((row) => [
      ...row,
    ]);
    expect(all.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    expect(all.reduce((sum, value) => sum + value ** 2, 0) / 2).toBeCloseTo(1, 7);
  });

  it('makes equal entries, one alone, and nothing exactly 0', () => {
    expect(whiten([Float64Array.of(0.1, 0.1), Float64Array.of(0.1)])).toEqual([
      Float64Array.of(0, 0),
      Float64Array.of(0),
    ]);
    expect(whiten([Float64Array.of(5)])).toEqual([Float64Array.of(0)]);
    expect(whiten([])).toEqual([]);
  });
});

describe('explainedVariance', () => {
  it('is 1 − Var(R − V) / Var(R)', () => {
    // Returns 0, 2, 4: variance 8/3. Errors −1, 0, 1: variance 2/3.
    expect(explainedVariance([[1, 2], [], [3]], [[0, 2], [], [4]])).toBeCloseTo(0.75, 12);
    expect(explainedVariance([[0, 2, 4]], [[0, 2, 4]])).toBe(1);
    expect(explainedVariance([[2, 2, 2]], [[0, 2, 4]])).toBe(0);
    expect(explainedVariance([[4, 2, 0]], [[0, 2, 4]])).toBe(-3);
  });

  it('does not mind values that are off by a constant, and is 0 where there is nothing to explain', () => {
    expect(explainedVariance([[10, 12, 14]], [[0, 2, 4]])).toBe(1);
    expect(explainedVariance([[1, 2]], [[5, 5]])).toBe(0);
    expect(explainedVariance([], [])).toBe(0);
  });
});
