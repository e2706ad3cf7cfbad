import { describe, expect, it } from 'vitest';
import { Generator, scope, tensor } from '../torch/index.ts';
import { choose, type SamplingOptions } from './choose.ts';

const PROBABILITIES = [0.5, 0.3, 0.15, 0.05];
const ROWS = 20_000;

/** Shares of the four tokens over many draws. */
function shares(options: SamplingOptions): number[] {
  return scope(() => {
    const logits = tensor(PROBABILITIES.map(Math.log)).expand([ROWS, 4]);
    const tokens = choose(logits, options, new Generator(11)).tokens.toInt32Array();
    return PROBABILITIES.map((_, token) => tokens.filter((drawn) => drawn === token).length / ROWS);
  });
}

/** Within four standard errors of a share. */
function expectShares(actual: number[], expected: number[]): void {
  for (const [i, p] of expected.entries()) {
    expect(Math.abs(actual[i]! - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / ROWS) + 1e-12);
  }
}

describe('choose', () => {
  it('draws from the distribution at temperature 1', () => {
    expectShares(shares({ temperature: 1 }), PROBABILITIES);
  });

  it('sharpens at a lower temperature', () => {
    const squared = PROBABILITIES.map((p) => p ** 2);
    const total = squared.reduce((sum, p) => sum + p, 0);
    expectShares(
      shares({ temperature: 0.5 }),
      squared.map((p) => p / total),
    );
  });

  it('keeps the top k', () => {
    expectShares(shares({ temperature: 1, topK: 2 }), [5 / 8, 3 / 8, 0, 0]);
  });

  it('keeps the smallest set whose mass reaches top-p', () => {
    expectShares(shares({ temperature: 1, topP: 0.8 }), [5 / 8, 3 / 8, 0, 0]);
    expectShares(shares({ temperature: 1, topP: 0.81 }), [0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0]);
    expectShares(shares({ temperature: 1, topP: 1e-9 }), [1, 0, 0, 0]);
  });

  it('keeps the log-probability of the tempered, uncut distribution', () => {
    const choice = choose(
      tensor(PROBABILITIES.map(Math.log), [1, 4]),
      { temperature: 1, topK: 1 },
      new Generator(0),
    );
    expect(choice.tokens.toInt32Array()).toEqual(Int32Array.of(0));
    expect(choice.logprobs.item()).toBeCloseTo(Math.log(0.5), 6);
  });

  it('is greedy at temperature 0, without a generator', () => {
    const choice = choose(tensor([0, 3, 1, 2, 0, -1], [2, 3]), { temperature: 0 });
    expect([...choice.tokens.toInt32Array()]).toEqual([1, 0]);
  });

  it('draws the same with the same seed, and another way with another', () => {
    const draw = (seed: number) => {
      const logits = tensor(new Float32Array(400), [100, 4]);
      return [...choose(logits, { temperature: 1 }, new Generator(seed)).tokens.toInt32Array()];
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });
});
