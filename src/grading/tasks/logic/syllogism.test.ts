import { describe, expect, it } from 'vitest';
import { consistent, follows, syllogism } from './syllogism.ts';

const of = (form: 'all' | 'no' | 'some' | 'some-not', a: number, b: number) => ({ form, a, b });

describe('syllogism', () => {
  it.each([
    ['Barbara', of('all', 0, 1), of('all', 1, 2), of('all', 0, 2), true],
    ['Celarent', of('no', 1, 2), of('all', 0, 1), of('no', 0, 2), true],
    ['Darii', of('all', 1, 2), of('some', 0, 1), of('some', 0, 2), true],
    ['Ferio', of('no', 1, 2), of('some', 0, 1), of('some-not', 0, 2), true],
    ['Baroco', of('all', 2, 1), of('some-not', 0, 1), of('some-not', 0, 2), true],
    ['conversion', of('some', 0, 1), of('all', 2, 1), of('some', 1, 0), true],
    ['undistributed middle', of('all', 0, 1), of('all', 2, 1), of('some', 0, 2), false],
    ['illicit major', of('all', 1, 2), of('no', 0, 1), of('no', 0, 2), false],
    ['Barbari needs things', of('all', 0, 1), of('all', 1, 2), of('some', 0, 2), false],
    ['two particulars', of('some', 0, 1), of('some', 1, 2), of('some', 0, 2), false],
  ])('%s', (_, major, minor, conclusion, valid) => {
    expect(follows([major, minor], conclusion, 3)).toBe(valid);
  });

  it('tells contradictions', () => {
    expect(consistent([of('all', 0, 1), of('no', 0, 1)], 2)).toBe(true); // nothing is in the first set
    expect(consistent([of('all', 0, 1), of('no', 0, 1), of('some', 0, 1)], 2)).toBe(false);
  });

  it('takes a letter, dressed or not', () => {
    const problem = { text: '', answer: 'B', meta: {} };
    for (const fine of ['B', 'b', ' B. ', '(B)', '**B**', '\\boxed{B}'])
      expect(syllogism.score(fine, problem)).toBe(1);
    for (const wrong of ['A', 'A B', 'A or B', 'BB', 'ABCD', ''])
      expect(syllogism.score(wrong, problem)).toBe(0);
  });
});
