import { describe, expect, it } from 'vitest';
import { grpo, processSupervision } from './index.ts';

describe('processSupervision', () => {
  it('normalises over all step rewards of the group and pays a token for steps that end at or after it', () => {
    // Group 0 has step rewards 1, 0, 2: mean 1, sample deviation 1.
    const scale = 1 + 1e-6;
    const advantages = processSupervision(
      [{ rewards: [1, 0], ends: [1, 3] }, { rewards: [2], ends: [0] }, null, { rewards: [5], ends: [0] }],
      [0, 0, 0, 1],
      [5, 2, 3, 1],
    );
    expect(advantages.map((row) => [...row])).toEqual([
      [-1 / scale, -1 / scale, -1 / scale, -1 / scale, 0],
      [1 / scale, 0],
      [0, 0, 0],
      [0],
    ]);
  });

  it('is grpo where every response is one step', () => {
    const rewards = [1, 0, 0.5];
    const steps = rewards.map((reward) => ({ rewards: [reward], ends: [1] }));
    const advantages = processSupervision(steps, [0, 0, 0], [2, 2, 2]);
    const outcome = grpo(rewards, [0, 0, 0]);
    expect(advantages.map((row) => [...row])).toEqual([...outcome].map((value) => [value, value]));
  });

  it('refuses a step that ends outside its response', () => {
    const ends = [2, -1, 0.5];
    for (const end of ends) {
      expect(() => processSupervision([{ rewards: [1], ends: [end] }], [0], [2])).toThrow(RangeError);
    }
    expect(() => processSupervision([{ rewards: [1, 1], ends: [0] }], [0], [2])).toThrow(/token undefined/);
  });
});
