import { describe, expect, it } from 'vitest';
import { ADVANTAGES, grpo, processSupervision } from './index.ts';

describe('processSupervision', () => {
  it('normalises over all step rewards of the group and pays a token for steps that end at or after it', () => {
    // Group 0 has step rewards 1, 0, 2: mean 1, sample deviation 1.
    const scale = 1 + 1e-6;
    const advantages = processSupervision(
      [
        [
          { score: 1, end: 1 },
          { score: 0, end: 3 },
        ],
        [{ score: 2, end: 0 }],
        null,
        [{ score: 5, end: 0 }],
      ],
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
    const outcomes = { rewards, groups: [0, 0, 0], lengths: [2, 2, 2] };
    const outcome = grpo(rewards, [0, 0, 0]);
    const expected = [...outcome].map((value) => [value, value]);
    const steps = rewards.map((score) => [{ score, end: 1 }]);
    for (const given of [steps, undefined, [null, null, null]]) {
      const advantages = ADVANTAGES.process({ ...outcomes, steps: given });
      expect(advantages.map((row) => [...row])).toEqual(expected);
    }
  });

  it('leaves out a completion that could not be scored, whatever its steps, and an empty one', () => {
    const step = [{ score: 1, end: 0 }];
    const advantages = ADVANTAGES.process({
      rewards: [1, null, 0, 1],
      groups: [0, 0, 0, 0],
      lengths: [1, 1, 1, 0],
      steps: [step, step, [{ score: 0, end: 0 }], null],
    });
    const alone = grpo([1, 0], [0, 0]);
    expect(advantages.map((row) => [...row])).toEqual([[alone[0]], [0], [alone[1]], []]);
  });

  it('takes no penalties', () => {
    const outcomes = { rewards: [1], groups: [0], lengths: [1], penalties: [[0.1]] };
    expect(() => ADVANTAGES.process(outcomes)).toThrow(TypeError);
  });

  it('refuses a step that ends outside its response', () => {
    const ends = [2, -1, 0.5];
    for (const end of ends) {
      expect(() => processSupervision([[{ score: 1, end }]], [0], [2])).toThrow(RangeError);
    }
  });
});
