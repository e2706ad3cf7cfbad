import { expect, it } from 'vitest';
import { choices } from '../../../tests/verify/pairs.ts';
import { finalLetter } from './letters.ts';
import { verifyChoice } from './verify.ts';

it('finds the letter', () => {
  expect(finalLetter('(A) is wrong, so (B).')).toBe('B');
  expect(finalLetter('The answer is **C**')).toBe('C');
  expect(finalLetter('A dog barks')).toBeNull();
});

it.each(choices)('$response chooses $letter', ({ response, letter }) => {
  const chosen = [...'ABCDEFGHIJ'].filter((one) => verifyChoice(one, response) === true);
  expect(chosen).toEqual(letter === null ? [] : [letter]);
});
