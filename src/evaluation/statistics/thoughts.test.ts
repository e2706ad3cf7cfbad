import { expect, it } from 'vitest';
import type { Graded } from './graded.ts';
import { thoughtLanguages } from './thoughts.ts';

const response = (language?: number | null): Graded => ({
  promptId: 'p',
  correct: 1,
  formatted: true,
  length: 3,
  finish: 'stop',
  answer: '1',
  text: '',
  ...(language !== undefined && { language }),
});

it('averages over thoughts with words, and counts those with words of both languages as mixed', () => {
  expect(thoughtLanguages([1, 0.5, 0, null].map(response))).toEqual({
    languageConsistency: 0.5,
    mixedThoughts: 1 / 3,
  });
  expect(thoughtLanguages([response(null)])).toEqual({ languageConsistency: null, mixedThoughts: null });
  expect(thoughtLanguages([response()])).toBeNull();
});
