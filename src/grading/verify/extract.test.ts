import { describe, expect, it } from 'vitest';
import { readResponse } from '../../text/index.ts';
import { finalExpressions, finalLetter, findAnswer, findReference } from './extract.ts';

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

it('finds the final expression', () => {
  expect(finalExpressions('We add.\nThe sum is $a+b$ here.')[0]).toBe('a+b');
  expect(finalExpressions('The roots are $x=2$ and $x=3$.')[0]).toBe('x=2 and x=3');
  expect(finalExpressions('So there are 12 ways.').at(-1)).toBe('12');
});

it('finds the letter', () => {
  expect(finalLetter('(A) is wrong, so (B).')).toBe('B');
  expect(finalLetter('The answer is **C**')).toBe('C');
  expect(finalLetter('A dog barks')).toBeNull();
});
