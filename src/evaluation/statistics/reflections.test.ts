import { describe, expect, it } from 'vitest';
import type { Reflection } from '../../records.ts';
import type { Graded } from './graded.ts';
import { reflectionFigures } from './reflections.ts';

const graded = (reflection?: Reflection): Graded => ({
  promptId: 'p',
  correct: 1,
  formatted: true,
  length: 1,
  finish: 'stop',
  answer: '1',
  text: '',
  ...(reflection && { reflection }),
});

describe('figures of reflection', () => {
  it('are means over responses', () => {
    const figures = reflectionFigures([
      graded({ words: { wait: 2, but: 1 }, attempts: 3, revision: 'to-right' }),
      graded({ words: {}, attempts: 1 }),
      graded({ words: { wait: 1 }, attempts: 2, revision: 'to-wrong' }),
      graded({ words: {}, attempts: 1 }),
    ]);
    expect(figures).toEqual({
      words: 1,
      each: { but: 0.25, wait: 0.75 },
      share: 0.5,
      attempts: 1.75,
      toRight: 0.25,
      toWrong: 0.25,
      neither: 0,
    });
  });

  it('are none of responses that were not looked at', () => {
    expect(reflectionFigures([])).toBeNull();
    expect(reflectionFigures([graded({ words: {}, attempts: 1 }), graded()])).toBeNull();
  });
});
