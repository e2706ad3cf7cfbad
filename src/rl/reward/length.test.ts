import { describe, expect, it } from 'vitest';
import { completionOf } from '../../../tests/support/completion.ts';
import { lengthReward, lengthSchema } from './length.ts';

describe('length', () => {
  it('falls from 0 to −1 over the margin before the limit', () => {
    const reward = lengthReward({ limit: 100, margin: 20 });
    const at = (length: number) => reward.score(completionOf('', { length }));
    expect([0, 80, 85, 100, 101, 500].map(at)).toEqual([0, 0, -0.25, -1, -1, -1]);
  });

  it('takes the limit of the stage, and a fifth of it as the margin', () => {
    const reward = lengthReward({}, { maxTokens: 100 });
    const at = (length: number) => reward.score(completionOf('', { length }));
    expect([80, 85, 100].map(at)).toEqual([0, -0.25, -1]);
    expect(() => lengthReward({})).toThrow(/limit/);
  });

  it('refuses a margin above the limit', () => {
    expect(lengthSchema.safeParse({ limit: 10, margin: 11 }).success).toBe(false);
  });
});
