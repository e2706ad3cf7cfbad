import { describe, expect, it } from 'vitest';
import { heldOutMixture, mixture } from './mixture.ts';
import { indexedPrompts } from './source.ts';

const source = (task: string) =>
  indexedPrompts(task, (i) => ({ id: `${task}/${i}`, task, text: '', answer: null }));
const open = (weights: readonly number[]) =>
  mixture(weights.map((weight, i) => ({ source: source('abc'[i]!), weight })));

describe('mixture', () => {
  it('keeps the proportions at every point, not only in the long run', () => {
    const prompts = open([3, 1]).next(40);
    for (let k = 1; k <= 40; k++) {
      const a = prompts.slice(0, k).filter(({ task }) => task === 'a').length;
      expect(Math.abs(a - 0.75 * k)).toBeLessThanOrEqual(1);
    }
    expect(
      open([1, 1])
        .next(4)
        .map(({ id }) => id),
    ).toEqual(['a/0', 'b/0', 'a/1', 'b/1']);
  });

  it('keeps the proportions of what items count for', () => {
    const parts = [1, 1].map((weight, i) => ({ source: source('ab'[i]!), weight }));
    const prompts = mixture(parts, ({ task }) => (task === 'a' ? 3 : 1)).next(400);
    expect(prompts.filter(({ task }) => task === 'a')).toHaveLength(100);
  });

  it('resumes where it stood, in every part', () => {
    const whole = open([0.5, 0.3, 0.2]);
    whole.next(17);
    const resumed = open([0.5, 0.3, 0.2]);
    resumed.seek(JSON.parse(JSON.stringify(whole.cursor())));
    expect(resumed.next(30)).toEqual(whole.next(30));
  });

  it('draws a part only once it has begun, then in proportion, without making up for what it missed', () => {
    const late = () =>
      mixture([
        { source: source('a'), weight: 1 },
        { source: source('b'), weight: 3, fromStep: 2 },
      ]);
    const whole = late();
    const steps = [0, 1, 2, 3].map((step) => whole.next(8, step).map(({ task }) => task));
    expect(steps.map((tasks) => tasks.filter((task) => task === 'b').length)).toEqual([0, 0, 6, 6]);
    expect(steps[2]!.slice(0, 4).filter((task) => task === 'b')).toHaveLength(3);
    // Broken off before the change, and after it in the middle of a round.
    for (const [before, count, from] of [
      [[0, 1], 8, 2],
      [[0, 2], 5, 2],
    ] as const) {
      const straight = late();
      for (const step of before) straight.next(count, step);
      const resumed = late();
      resumed.seek(JSON.parse(JSON.stringify(straight.cursor())));
      expect(resumed.next(7, from)).toEqual(straight.next(7, from));
      expect(resumed.next(7, from)).toEqual(straight.next(7, from));
    }
    expect(whole.next(4).map(({ task }) => task)).toContain('b');
  });

  it('refuses weights that are none, no parts, and the cursor of another mixture', () => {
    expect(() => open([1, 0])).toThrow(RangeError);
    expect(() => open([])).toThrow(RangeError);
    expect(() => open([1, 1]).seek(open([1, 1, 1]).cursor())).toThrow(TypeError);
    expect(() => open([1, 1]).seek(3)).toThrow(TypeError);
    const late = mixture(['a', 'b'].map((task) => ({ source: source(task), weight: 1, fromStep: 3 })));
    expect(() => late.next(1, 2)).toThrow(/no source of the mixture has begun at step 2/);
  });

  it('mixes held-out sets alike', () => {
    const parts = ['a', 'b'].map((task) => ({
      source: { size: task === 'a' ? 5 : 7, take: (count: number) => source(task).next(count) },
      weight: task === 'a' ? 1 : 3,
    }));
    const set = heldOutMixture(parts);
    expect(set.size).toBe(12);
    expect(
      set
        .take(4)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a/0', 'b/0', 'b/1', 'b/2']);
    expect(set.take(8).slice(0, 4)).toEqual(set.take(4));
  });
});
