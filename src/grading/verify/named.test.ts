import { expect, it } from 'vitest';
import { canonical } from './node.ts';
import { readAnswer } from './read.ts';

const tree = (text: string): string | null => {
  const node = readAnswer(text);
  return node && canonical(node);
};

it.each([
  ['P(A|B) = \\frac12', 'statement =(quantity P(A|B);quotient (1;2))'],
  ['P(X \\geq 2) = 1', 'statement =(quantity P(X\\ge2);1)'],
  ['\\operatorname{Var}(X) = 5', 'statement =(quantity Var(X);5)'],
  ['\\det A = 5', 'statement =(quantity \\detA;5)'],
  ['\\sum_{k=1}^4 k = 1+2+3+4 = 10', 'statement =(quantity \\sum_{k=1}^4k;10)'],
  ['\\frac{dy}{dx} = 2x', 'statement =(quantity \\frac{dy}{dx};product (2;x))'],
  ['\\text{Total area} = 5', 'statement =("Total area";5)'],
  ['E[X^2] = 4', 'statement =(call apply:E(power (X;2));4)'],
  ['p(x) = 2x', 'statement =(call apply:p(x);product (2;x))'],
  ['\\phi(12) = 4', 'statement =(call apply:phi(12);4)'],
])('reads %j', (text, expected) => {
  expect(tree(text)).toBe(expected);
});

it.each(['x(x+1) = 6', 'x(2) = 6'])('leaves the equation %j as it is', (text) => {
  expect(tree(text)).toMatch(/^statement =\(product /);
});

it('takes terms that add up to 0 for no quantity', () => {
  expect(tree('\\int_0^1 f(x) dx - 1 = 0')).not.toMatch(/quantity/);
});
