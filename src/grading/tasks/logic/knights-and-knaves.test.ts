import { describe, expect, it } from 'vitest';
import { knightsAndKnaves } from './knights-and-knaves.ts';

const problemOf = (names: string[], statements: { form: string; a: number; b: number }[], answer = '') => ({
  text: '',
  answer,
  meta: { names, statements },
});

describe('knights and knaves', () => {
  it('solves Smullyan\'s: A says "I am a knave or B is a knight"', () => {
    // "B is a knight, or A is a knave, or both": both are knights. B says the same of A and B.
    const statements = [
      { form: 'either', a: 1, b: 0 },
      { form: 'same', a: 0, b: 1 },
    ];
    expect(knightsAndKnaves.solve(problemOf(['Ada', 'Leo'], statements))).toEqual([
      'Ada: knight, Leo: knight',
    ]);
  });

  it('finds both assignments where each says the other is a knight, and none for a liar paradox', () => {
    const mutual = [
      { form: 'knight', a: 1, b: 0 },
      { form: 'knight', a: 0, b: 1 },
    ];
    expect(knightsAndKnaves.solve(problemOf(['Ada', 'Leo'], mutual))).toHaveLength(2);
    const paradox = [{ form: 'knave', a: 0, b: 0 }];
    expect(knightsAndKnaves.solve(problemOf(['Ada'], paradox))).toEqual([]);
  });

  it.each([
    ['Ada: knight, Leo: knave', 1],
    ['Leo: knave; ada: KNIGHT', 1],
    ['Ada is a knight and Leo is a knave.', 1],
    ['Ada = knight\nLeo = knave', 1],
    ['Ada: knight', 0],
    ['Ada: knight, Leo: knave, Leo: knight', 0],
    ['Ada: knight, Leo: knave, Max: knave', 0],
    ['Ada: knave, Leo: knight', 0],
    ['Ada is not a knight, Leo: knave', 0],
    ['knight, knave', 0],
  ])('scores %s', (answer, score) => {
    const problem = problemOf(['Ada', 'Leo'], [], 'Ada: knight, Leo: knave');
    expect(knightsAndKnaves.score(answer, problem)).toBe(score);
  });
});
