import { describe, expect, it } from 'vitest';
import { sideOf } from './problem.ts';
import { problemOf, searchHeldOut, searchPrompt, searchPrompts, searchSchema } from './prompts.ts';

const config = searchSchema.parse({});

describe('search problems as prompts', () => {
  it('tell target and numbers, and have no one right answer', () => {
    const prompt = searchPrompt({ numbers: [3, 5, 7], target: 15 });
    expect(prompt).toMatchObject({ id: 'search/15/3-5-7', text: 'make 15 from 3 . 5 . 7 ?', answer: null });
    expect(problemOf(prompt)).toEqual({ numbers: [3, 5, 7], target: 15 });
    expect(problemOf({ ...prompt, meta: {} })).toBeNull();
  });

  it('train on one side of the split and measure on the other', () => {
    const training = searchPrompts({ ...config, seed: 0, split: 'train' }).next(200);
    expect(training.every((prompt) => sideOf(problemOf(prompt)!) === 'train')).toBe(true);
    const heldOut = searchHeldOut({ ...config, seed: 0 });
    expect(heldOut.size).toBe(194);
    const all = heldOut.take(194);
    expect(all.every((prompt) => sideOf(problemOf(prompt)!) === 'heldout')).toBe(true);
    expect(new Set(all.map(({ id }) => id)).size).toBe(194);
    expect(heldOut.take(10)).toEqual(all.slice(0, 10));
    expect(searchHeldOut({ ...config, seed: 1 }).take(10)).not.toEqual(all.slice(0, 10));
    expect(() => heldOut.take(195)).toThrow('there are 194');
  });
});
