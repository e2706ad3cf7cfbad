import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { wordProblem } from './word-problem.ts';

const solve = (text: string) => wordProblem.solve({ text, answer: '', meta: {} });

describe('word-problem', () => {
  it('reads a story forwards: (7 + 3 · 4 − 5) · 2 dollars = 28', () => {
    const story =
      'Ada has 7 nuts at first. Ada buys 3 boxes with 4 nuts in each. On the way home Ada loses 5 nuts.';
    expect(solve(`${story} How many nuts does Ada have now? Answer with a whole number.`)).toEqual(['14']);
    expect(
      solve(`${story} Ada then sells everything for 2 dollars each. How many dollars does that bring?`),
    ).toEqual(['28']);
  });

  it('tells N from M whichever comes first, and finds the start of a story told backwards', () => {
    const story =
      'Tom has some nuts. Tom hands 4 nuts to each of 3 children. By trading, Tom gets to have 2 times as many nuts as before. In the end Tom has 10 nuts.';
    expect(solve(`${story} How many were there at the start?`)).toEqual(['17']);
  });

  it('has one answer for every story', () => {
    for (let i = 0; i < 150; i++) {
      const problem = wordProblem.generate(Random.derive(i, 'story'), 1 + (i % wordProblem.levels));
      expect(wordProblem.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });

  it('reads units and dollars', () => {
    const problem = { text: '', answer: '28', meta: {} };
    for (const right of ['28', '$28', '28 dollars', '28 nuts.'])
      expect(wordProblem.score(right, problem)).toBe(1);
    expect(wordProblem.score('28 pears', problem)).toBe(0);
  });
});
