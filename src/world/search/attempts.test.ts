import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { question, readAttempt, writeAttempt } from './attempts.ts';
import { expressionsOf, readExpression, resultOf } from './problem.ts';

describe('attempts in words', () => {
  it('are written and read back', () => {
    const random = Random.derive(0, 'test');
    for (const expression of expressionsOf([3, 5, 7])) {
      const { text, stated } = writeAttempt(expression, 0, random);
      expect(stated).toBe(resultOf(expression));
      expect(readAttempt(`<think> ${text}`)).toEqual({ expression, stated });
    }
    expect(writeAttempt(readExpression('5 * 3 + 7')!, 0, random).text).toBe(
      '5 times 3 is 15 . 15 plus 7 is 22 .',
    );
  });

  it('slip as often as asked, and go on from the wrong value', () => {
    const random = Random.derive(1, 'test');
    const expression = readExpression('5 * 3 + 7')!;
    const stated = Array.from({ length: 4_000 }, () => writeAttempt(expression, 0.1, random).stated);
    const wrong = stated.filter((value) => value !== 22).length / stated.length;
    // Two steps, each wrong in a tenth of the cases; two slips may cancel out.
    expect(wrong).toBeGreaterThan(0.16);
    expect(wrong).toBeLessThan(0.21);
    for (const value of stated) expect(value >= 0 && value <= 99).toBe(true);
  });

  it.each([
    '',
    '5 times 3 is 15 .',
    '5 times 3 is 15 . 14 plus 7 is 21 .',
    '5 times 3 is 15 . 15 plus 7 is 22 . 22 plus 1 is 23 .',
    'the answer is 15',
  ])('"%s" is none', (text) => expect(readAttempt(text)).toBeNull());

  it('answer a question that keeps the digits of neighbours apart', () => {
    expect(question({ numbers: [3, 5, 7], target: 15 })).toBe('make 15 from 3 . 5 . 7 ?');
  });
});
