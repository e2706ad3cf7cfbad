import { describe, expect, it } from 'vitest';
import type { Json } from '../../records.ts';
import type { Benchmark } from './benchmark.ts';
import { aime2024, aime2025, amc, gsm8k, math, math500 } from './math.ts';
import { FIXTURES, rowsOf } from './testing.ts';

const read = (benchmark: Benchmark, fields: { [column: string]: Json }) =>
  benchmark.read(rowsOf(fields)[0]!, 0);
const answers = (benchmark: Benchmark) =>
  FIXTURES[benchmark.name]!.map((fields) => read(benchmark, fields).answer);

describe('mathematics', () => {
  it('reads the reference answers', () => {
    expect(answers(gsm8k)).toEqual(['18', '1200']);
    expect(answers(math)).toEqual(['1', '\\frac{1}{4}']);
    expect(answers(math500)).toEqual(['2', '3']);
    expect(answers(aime2024)).toEqual(['5', '73']);
    expect(answers(amc)).toEqual(['27', '4.5']);
  });

  it.each(['336^\\circ', '336^{\\circ}', '$336°$', '336\\degree', '336'])(
    'reads the degrees %s',
    (answer) => {
      expect(read(aime2025, { question: 'How many degrees?', answer }).answer).toBe('336');
    },
  );

  it('keeps level and subject for filters and reports', () => {
    expect(read(math, FIXTURES.math![1]!).meta).toEqual({ level: '2', subject: 'Algebra' });
    expect(read(math500, FIXTURES['math-500']![1]!).meta).toEqual({ level: '5', subject: 'Algebra' });
  });

  it.each([
    [gsm8k, { question: 'q', answer: 'no mark 18' }, /worked answer that ends in "#### number"/],
    [gsm8k, { question: 'q', answer: 'empty ####' }, /worked answer/],
    [math, { problem: 'q', solution: 'no box' }, /no column "answer", and the column "solution" boxes none/],
    [math, { problem: 'q', solution: '\\boxed{ }' }, /boxes none/],
    [math, { problem: 'q', solution: '\\boxed{1' }, /boxes none/],
    [aime2024, { problem: 'q', answer: '1000' }, /a whole number from 0 to 999: "1000"/],
    [aime2024, { problem: 'q', answer: '-1' }, /whole number from 0 to 999/],
    [amc, { problem: 'q', answer: null }, /column "answer" or "Answer" is missing or empty/],
    [amc, { problem: '  ', answer: 1 }, /column "problem".* is not a text with something in it/],
  ])('refuses %o %j', (benchmark, fields, message) => {
    expect(() => read(benchmark, fields)).toThrow(message);
  });
});
