import { expect, it } from 'vitest';
import { parseAnswer } from './parser.ts';
import { isClearlyRealSet, type RealSet, toRealSet } from './real-sets.ts';

const written = (set: RealSet): string =>
  set
    .map(({ low, high }) => `${low.closed ? '[' : '('}${low.value},${high.value}${high.closed ? ']' : ')'}`)
    .join(' ');

it.each([
  ['[1,2) \\cup [2,3]', '[1,3]'],
  ['(1,2) \\cup (2,3)', '(1,2) (2,3)'],
  ['(3,4) \\cup (0,1)', '(0,1) (3,4)'],
  ['(0,4) \\cap [2,5]', '[2,4)'],
  ['(0,3) \\setminus \\{1\\}', '(0,1) (1,3)'],
  ['\\mathbb{R} \\setminus [0,1]', '(-Infinity,0) (1,Infinity)'],
  ['x \\ne 2', '(-Infinity,2) (2,Infinity)'],
  ['1 < x \\le 3', '(1,3]'],
  ['3 \\ge x > 1', '(1,3]'],
  ['x < 1 or x > 3', '(-Infinity,1) (3,Infinity)'],
  ['x > 1 and x < 3', '(1,3)'],
  ['|x| < 2', '(-2,2)'],
  ['|x| \\ge 2', '(-Infinity,-2] [2,Infinity)'],
  ['\\{1, 3\\}', '[1,1] [3,3]'],
  ['\\{x \\in \\mathbb{R} : x > 0, x \\ne 1\\}', '(0,1) (1,Infinity)'],
  ['(2,1)', ''],
  ['|x-1| < 2', '(-1,3)'],
  ['|3-x| \\le 1', '[2,4]'],
  ['0 < |x| < 2', '(-2,0) (0,2)'],
  ['|x+1| > 2', '(-Infinity,-3) (1,Infinity)'],
  ['|x| < -1', ''],
  ['0 < f(x) < 1', '(0,1)'],
])('%s is %s', (text, expected) => {
  expect(written(toRealSet(parseAnswer(text))!)).toBe(expected);
});

it.each([
  '(a,b)',
  '3',
  'x^2 < 4',
  '\\{2x : x > 0\\}',
  'x > 1 and y < 3',
  '(1,2,3)',
  '|x-a| < 1',
  '|x^2-1| < 1',
])('%s is none', (text) => {
  expect(toRealSet(parseAnswer(text))).toBeNull();
});

it('tells what may be a tuple from what cannot', () => {
  expect(
    ['(1,2)', '[1,2)', 'x>1', '\\{1\\}', 'x=1'].map((text) => isClearlyRealSet(parseAnswer(text))),
  ).toEqual([false, true, true, false, false]);
});
