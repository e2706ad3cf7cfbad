import { describe, expect, it } from 'vitest';
import { readResponse } from '../../text/index.ts';
import { findAnswer, findReference } from './extract.ts';

describe('the answer of a response', () => {
  it.each([
    ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}', 'box'],
    ['\\boxed{1} \\boxed{2} then \\boxed{3}', '3', 'box'],
    ['$\\boxed{2}$ and $\\boxed{3}$', '2, 3', 'box'],
    ['\\boxed{\\{1, 2\\}}', '\\{1, 2\\}', 'box'],
    ['\\fbox{7}', '7', 'box'],
    ['\\boxed 5', '5', 'box'],
    ['<answer> 5 </answer>', '5', 'box'],
    ['\\boxed{4} <answer>5</answer>', '5', 'box'],
    ['<answer>so \\boxed{5}</answer>', '5', 'box'],
    ['<think>\\boxed{4}</think> The answer is 5.', '5', 'phrase'],
    ['The final answer is: 3.5. I hope so.', '3.5', 'phrase'],
    ['#### 72', '72', 'phrase'],
    ['答案是：7', '7', 'phrase'],
    ['\\boxed{4', '\\boxed{4', 'whole'],
    ['x = 5', 'x = 5', 'whole'],
    ['\\boxed{5 \\text{ cm}} \\boxed{5}', '5 \\text{ cm}', 'box'],
    ['\\boxed{\\frac12} \\boxed{0.5} \\boxed{3}', '\\frac12, 3', 'box'],
    ['\\boxed{5}, put in \\boxed{}', '5', 'box'],
    ['<answer>The answer is 5.</answer>', '5', 'phrase'],
    ['<answer>There are 5 cats.</answer>', 'There are 5 cats.', 'whole'],
    ['The answer is 42! Great.', '42', 'phrase'],
    ['The answer is $5!$', '$5!$', 'phrase'],
    ['#### 5!', '5!', 'phrase'],
    ['The answer is 5!.', '5!', 'phrase'],
    ['The answer is 5. The answer is correct.', '5', 'phrase'],
    ['The answer is 5.\nThis result is reasonable, as 6 is odd.', '5', 'phrase'],
    ['The answer is 5.\n(The answer is in meters.)', '5', 'phrase'],
    ['The answer is Monday. This answer is valid.', 'Monday', 'phrase'],
    [`#### 5\n${'I checked it twice. '.repeat(200)}`, '5', 'phrase'],
  ])('of %j is %j by %s', (response, text, by) => {
    expect(findAnswer(readResponse(response))).toEqual({ text, by });
  });

  it('is none in white space, and is not marked by a tag that is not closed', () => {
    expect(findAnswer(readResponse(' \n'))).toBeNull();
    expect(findAnswer(readResponse('<answer> never closed'))).toEqual({ text: 'never closed', by: 'whole' });
  });

  it('is none in a thought that never closed', () => {
    expect(findAnswer(readResponse('<think> The answer is \\boxed{5}.'))).toBeNull();
    expect(findAnswer(readResponse('The answer is 5.', { opened: true }))).toBeNull();
  });
});

it('finds the reference in a solution', () => {
  expect(findReference('5 + 2 = 7\n#### 7')).toBe('7');
  expect(findReference('so $\\boxed{8}$.')).toBe('8');
  expect(findReference('\\frac12')).toBe('\\frac12');
});
