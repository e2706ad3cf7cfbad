import { expect, it } from 'vitest';
import { boxedAnswer } from './boxed.ts';

it.each([
  ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
  ['a \\boxed{1} b \\boxed{2}', '2'],
  ['\\boxed{1} \\boxed{2} then \\boxed{3}', '3'],
  ['$\\boxed{2}$ and $\\boxed{3}$', '2, 3'],
  ['\\boxed{2} = \\boxed{2}', '2'],
  ['\\boxed {3}', '3'],
  ['\\fbox{4}', '4'],
  ['\\boxed{\\{1,2\\}}', '\\{1,2\\}'],
  ['\\boxed{5} and \\boxed{6', '5'],
  ['\\boxed 7$', '7'],
  ['\\boxed{}', ''],
  ['nothing', null],
  ['\\boxed{', null],
  [`\\boxed{${'9'.repeat(4000)}}`, null],
])('the box of %j is %j', (text, inside) => {
  expect(boxedAnswer(text)).toBe(inside);
});

it('takes time in proportion to the length of the text', () => {
  const start = performance.now();
  expect(boxedAnswer('\\boxed{'.repeat(300_000))).toBeNull();
  expect(performance.now() - start).toBeLessThan(5_000);
});
