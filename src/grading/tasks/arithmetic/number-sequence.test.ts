import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { numberSequence } from './number-sequence.ts';

const next = (terms: string) =>
  numberSequence.solve({ text: `?\n${terms}\n`, answer: '', meta: { rules: 5 } });

describe('number-sequence', () => {
  it.each([
    ['2, 5, 8, 11, 14, 17, 20', '23'],
    ['1, 3, 7, 15, 31, 63, 127', '255'],
    ['1, 2, 4, 7, 11, 16, 22', '29'],
    ['2, 3, 5, 8, 13, 21, 34', '55'],
    ['1, 10, 3, 20, 5, 30, 7', '40'],
  ])('%s → %s', (terms, term) => {
    expect(next(terms)).toEqual([term]);
  });

  it('says none where no named rule fits', () => {
    expect(next('1, 4, 2, 8, 5, 7, 1')).toEqual([]);
  });

  it('keeps sequences with one continuation only', () => {
    for (let i = 0; i < 300; i++) {
      const problem = numberSequence.generate(Random.derive(i, 'seq'), 1 + (i % numberSequence.levels));
      expect(numberSequence.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
