import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { stringManipulation } from './string-manipulation.ts';

const run = (start: string, ...steps: string[]) => {
  const lines = steps.map((step, i) => `${i + 1}. ${step}`);
  const text = [`Take this string: ${start}`, 'Carry out:', ...lines, 'Answer.'].join('\n');
  return stringManipulation.solve({ text, answer: '', meta: {} })[0];
};

describe('string-manipulation', () => {
  it.each([
    ['Reverse it.', 'edcba'],
    ['Move the first 2 letters to the end.', 'cdeab'],
    ['Move the first 7 letters to the end.', 'cdeab'],
    ['Swap the first and the last letter.', 'ebcda'],
    ['Remove every vowel (a, e, i, o, u).', 'bcd'],
    ['Double each letter.', 'aabbccddee'],
    ["Replace every 'b' by 'z'.", 'azcde'],
    ['Keep only the letters at odd places (the first, third, fifth and so on).', 'ace'],
    ['Shift each letter 3 places forward in the alphabet, going round from z to a.', 'defgh'],
    ["Put an 'x' in front.", 'xabcde'],
  ])('abcde: %s → %s', (step, end) => {
    expect(run('abcde', step)).toBe(end);
  });

  it('carries steps out in order, and goes round from z to a', () => {
    expect(
      run(
        'zab',
        'Shift each letter 2 places forward in the alphabet, going round from z to a.',
        'Sort the letters alphabetically.',
      ),
    ).toBe('bcd');
  });

  it('makes the number of steps of its level', () => {
    for (let i = 0; i < 100; i++) {
      const problem = stringManipulation.generate(Random.derive(i, 'string'), 5);
      expect(problem.text.split('\n')).toHaveLength(13);
      expect(stringManipulation.solve(problem)).toEqual([problem.answer]);
    }
  });
});
