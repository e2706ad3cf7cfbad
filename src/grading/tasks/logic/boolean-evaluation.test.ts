import { describe, expect, it } from 'vitest';
import { booleanEvaluation, evaluated } from './boolean-evaluation.ts';

describe('boolean-evaluation', () => {
  it.each([
    ['true', true],
    ['not true', false],
    ['not not true', true],
    ['(true and false)', false],
    ['not (true and false)', true],
    ['(true xor (false or true))', false],
    ['(not true or not false)', true],
    ['((true xor true) or (false xor true))', true],
  ])('%s is %s', (line, value) => {
    expect(evaluated(line)).toBe(value);
  });

  it('takes the values in order and nothing else', () => {
    const problem = { text: '', answer: 'true, false', meta: {} };
    expect(booleanEvaluation.score('True False', problem)).toBe(1);
    expect(booleanEvaluation.score('true\nfalse.', problem)).toBe(1);
    for (const wrong of ['false, true', 'true', 'true, false, true', 'truefalse', 'yes, no']) {
      expect(booleanEvaluation.score(wrong, problem)).toBe(0);
    }
  });
});
