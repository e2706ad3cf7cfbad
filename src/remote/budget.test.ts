import { describe, expect, it } from 'vitest';
import { Budget, SpendLimitReached } from './budget.ts';

const tokens = (count: number) => ({
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: count,
  reasoningTokens: null,
  estimated: false,
});

describe('Budget', () => {
  it('lets a request wait for those in flight, and goes on when one took less than it might have', async () => {
    const budget = new Budget({ maxTokens: 100 }, null);
    const first = await budget.reserve(tokens(60));
    let begun = false;
    const second = budget.reserve(tokens(60)).then((reservation) => {
      begun = true;
      return reservation;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(begun).toBe(false);
    first.settle(tokens(40));
    (await second).settle(tokens(60));
    expect(budget.spent).toMatchObject({ requests: 2, completionTokens: 100, usd: null, uncertain: 0 });
    await expect(budget.reserve(tokens(1))).rejects.toThrow(SpendLimitReached);
  });

  it('refuses at once what cannot fit, others in flight or not', async () => {
    const budget = new Budget({ maxTokens: 100 }, null);
    await budget.reserve(tokens(50));
    await expect(budget.reserve(tokens(101))).rejects.toThrow(/might cost 101 tokens/);
  });

  it('frees what was refused and keeps what was lost', async () => {
    const budget = new Budget({ maxTokens: 100 }, null);
    (await budget.reserve(tokens(100))).release();
    (await budget.reserve(tokens(70))).lose();
    expect(budget.spent).toMatchObject({ requests: 0, uncertain: 70 });
    await expect(budget.reserve(tokens(31))).rejects.toThrow(/of that 70 tokens for replies that were lost/);
    (await budget.reserve(tokens(30))).release();
  });

  it('leaves no rounding of dollars behind', async () => {
    const budget = new Budget({ maxUsd: 0.3 }, { input: 0, output: 1e6 });
    for (let i = 0; i < 50; i++) {
      const both = [await budget.reserve(tokens(0.1)), await budget.reserve(tokens(0.17))];
      for (const one of both) one.release();
    }
    (await budget.reserve(tokens(0.3))).settle(tokens(0.3));
    expect(budget.spent.usd).toBeCloseTo(0.3, 12);
  });
});
