import { describe, expect, it } from 'vitest';
import { readResponse } from './answer.ts';
import { attemptsOf, reflectionWords } from './reflection.ts';

describe('words of reflection', () => {
  it.each([
    ['Wait, wait. Let me check: that is wrong!', { wait: 2, check: 1, wrong: 1 }],
    ['WAIT… However, I made a mistake; but', { wait: 1, however: 1, mistake: 1, but: 1 }],
    ['等等，这不对。我再检查一下。', { wait: 1, wrong: 1, check: 1 }],
    // Parts of other words are none.
    ['the waiter waited; a button; rechecked, checkers, wrongly, unbutton', {}],
    ['`wait` and "but", verify/evaluate', { wait: 1, but: 1, verify: 1, evaluate: 1 }],
    ['', {}],
  ])('%s holds %j', (text, words) => expect(reflectionWords(text)).toEqual(words));
});

describe('attempts', () => {
  const attempts = (text: string) => attemptsOf(readResponse(text)).map((part) => part.trim());

  it('are the parts of the thought that `wait` and the like begin', () => {
    expect(attempts('<think> a is 1 . wait b is 2 . wait c is 3 . </think> wait 3')).toEqual([
      'a is 1 .',
      'b is 2 .',
      'c is 3 .',
    ]);
    expect(attempts('<think>\nTwo. Alternatively, three. 等等，四\n</think>\n4')).toHaveLength(3);
  });

  it('are those of all the response where it has no thought, one at least', () => {
    expect(attempts('5. Wait, 6')).toEqual(['5.', ', 6']);
    expect(attempts('5')).toEqual(['5']);
    expect(attempts('')).toEqual(['']);
    expect(attempts('<think> wait </think> 5')).toEqual(['']);
  });
});
