import { describe, expect, it } from 'vitest';
import { atLevel } from './difficulty.ts';

describe('atLevel', () => {
  it('counts levels from 1', () => {
    expect(atLevel(['easy', 'hard'], 1)).toBe('easy');
    expect(atLevel(['easy', 'hard'], 2)).toBe('hard');
  });

  it.each([0, 3, -1, 1.5, Number.NaN])('has no level %s', (level) => {
    expect(() => atLevel(['easy', 'hard'], level)).toThrow(`no level ${level}: levels are 1..2`);
  });
});
