import { describe, expect, it } from 'vitest';
import { canonical } from './node.ts';
import { parseAnswer } from './parser.ts';
import { ReadError } from './read-error.ts';
import { MAX_DEPTH } from './reader.ts';

describe('the grammar of answers', () => {
  it.each([
    ['1+2*3', 'sum (1;product (2;3))'],
    ['a/bc', 'product (quotient (a;b);c)'],
    ['-2^2', 'negative (power (2;2))'],
    ['2^{3^2}', 'power (2;power (3;2))'],
    ['2^-3', 'power (2;negative (3))'],
    ['\\frac12', 'quotient (1;2)'],
    ['\\frac1{12}', 'quotient (1;12)'],
    ['1\\frac12', 'sum (1;quotient (1;2))'],
    ['1 1/2', 'sum (1;quotient (1;2))'],
    ['0.1\\overline{6}', '1/6'],
    ['\\sqrt[3]{2}', 'call root(2;3)'],
    ['\\sin^2 x', 'power (call sin(x);2)'],
    ['\\sin^{-1} x', 'call arcsin(x)'],
    ['\\sin 2x \\cos x', 'product (call sin(product (2;x));call cos(x))'],
    ['\\log_2 8', 'call log(8;2)'],
    ['f(x)', 'call apply:f(x)'],
    ['x(x+1)', 'product (x;sum (x;1))'],
    ['|x|', 'call abs(x)'],
    ['3!4!', 'product (call factorial(3);call factorial(4))'],
    ['30^\\circ', 'product (30;unit:deg)'],
    ['2 ft 6 in', 'sum (product (2;unit:ft);product (6;unit:in))'],
    ['(1,2]', 'list (](1;2)'],
    [']0,1[', 'list ()(0;1)'],
    ['\\{1,2\\}', 'list {}(1;2)'],
    ['2 or 3', 'list or(2;3)'],
    ['x = \\pm 2', 'statement =(x;plus-minus 1(2))'],
    ['1 < x \\le 3', 'statement <≤(1;x;3)'],
    ['x != 3', 'statement ≠(x;3)'],
    ['(0,1)\\cup[2,3)', 'sets ∪(list ()(0;1);list [)(2;3))'],
    ['\\{x \\mid x>2\\}', 'builder (x;statement >(x;2))'],
    ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', 'matrix 2,2(1;2;3;4)'],
    ['101_2', '101_2'],
    ['1:2', 'ratio (1;2)'],
    ['x^2_1', 'power (x_1;2)'],
    ['\\bar{x}_n', 'overline x_n'],
    ['f{(x)}', 'call apply:f(x)'],
    ['p(x) = x', 'statement =(call apply:p(x);x)'],
    ['\\sinh^{-1} x', 'call arsinh(x)'],
    ['\\operatorname{csch}(x)', 'call csch(x)'],
    ['\\Gamma(5)', 'call gamma(5)'],
    ['5 squared', 'power (5;2)'],
    ['5\\text{ factorial}', 'call factorial(5)'],
    ['negative 5', 'negative (5)'],
    ['7 times 3', 'product (7;3)'],
    ['3 tenths', 'product (3;1/10)'],
    ['5万元', 'product (5;10000;unit:word:元)'],
    ['5\\text{元}', 'product (5;unit:元)'],
    ['540 meters a week', 'quotient (product (540;unit:meter);unit:week)'],
  ])('reads %j', (text, tree) => {
    expect(canonical(parseAnswer(text))).toBe(tree);
  });

  it.each([
    '',
    '1+',
    '2 3',
    '(1',
    '1)',
    '(1]',
    '\\frac{1}',
    '\\nosuch',
    'x^',
    '|x',
    '\\{1',
    '1 \\cup',
    '?',
    '\\begin{pmatrix}1',
    '\\operatorname{foo}(1)',
    'prime(7)',
    'Var(X)',
    'P(X > 2)',
    '5 cm 3',
  ])('refuses %j', (text) => {
    expect(() => parseAnswer(text)).toThrow(ReadError);
  });

  it('refuses what is nested too deep, before the stack ends', () => {
    expect(() => parseAnswer(`${'('.repeat(MAX_DEPTH + 1)}1${')'.repeat(MAX_DEPTH + 1)}`)).toThrow(
      'nested too deep',
    );
    expect(canonical(parseAnswer(`${'('.repeat(9)}1${')'.repeat(9)}`))).toBe('1');
  });
});
