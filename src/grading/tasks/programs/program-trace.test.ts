import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { programTrace } from './program-trace.ts';

const print = (...lines: string[]) =>
  programTrace.solve({ text: ['?', ...lines, 'Answer.'].join('\n'), answer: '', meta: {} })[0];

describe('program-trace', () => {
  it('runs blocks as often as they say, the inner within the outer', () => {
    expect(
      print(
        'a = 1',
        'b = 2',
        'repeat 3 times:',
        '  a = a + b',
        '  if a > 4:',
        '    b = b * 2',
        'a = a - 1',
        'print a',
      ),
    ).toBe('8');
  });

  it('skips the block of a false condition', () => {
    expect(print('a = 5', 'if a < 5:', '  a = a + 1', 'print a')).toBe('5');
  });

  it('agrees with its solver', () => {
    for (let i = 0; i < 200; i++) {
      const problem = programTrace.generate(Random.derive(i, 'trace'), 1 + (i % programTrace.levels));
      expect(programTrace.solve(problem), problem.text).toEqual([problem.answer]);
    }
  });
});
