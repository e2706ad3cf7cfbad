import { expect, it } from 'vitest';
import { normalise, stripMathDelimiters } from './normalise.ts';

it.each([
  ['½', '\\frac{1}{2}'],
  ['x²⁰', 'x^{20}'],
  ['a₁', 'a_{1}'],
  ['√12', '\\sqrt{12}'],
  ['∛8', '\\sqrt[3]{8}'],
  ['（１，２）', '(1,2)'],
  ['−3 ≤ x', '-3 \\le x'],
  ['\\left( 1 \\right)', '( 1 )'],
  ['12\\,345', '12{,}345'],
  ['1,\\!000', '1{,}000'],
  ['x\\,y', 'x y'],
  ['2.5 x 10^3', '2.5\\times 10^3'],
  ['1 \\\\[4pt] 2', '1 \\\\ 2'],
  ['20^{\\text{th}}', '20'],
])('%j becomes %j', (text, expected) => {
  expect(normalise(text)).toBe(expected);
});

it.each([
  ['$5$', '5'],
  ['$5', '\\$5'],
  ['$$x$$', 'x'],
  ['\\$5', '\\$5'],
  ['\\(x\\)', 'x'],
])('takes the delimiters off %j', (text, expected) => {
  expect(stripMathDelimiters(text).trim()).toBe(expected);
});
