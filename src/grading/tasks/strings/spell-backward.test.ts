import { describe, expect, it } from 'vitest';
import { spellBackward } from './spell-backward.ts';

const problem = { text: 'Spell:\nowl lake\nAnswer.', answer: 'ekal lwo', meta: {} };

describe('spell-backward', () => {
  it('turns the row, not each word', () => {
    expect(spellBackward.solve(problem)).toEqual(['ekal lwo']);
    expect(spellBackward.score('"EKAL LWO"', problem)).toBe(1);
    expect(spellBackward.score('lwo ekal', problem)).toBe(0);
    expect(spellBackward.score('ekallwo', problem)).toBe(0);
  });
});
