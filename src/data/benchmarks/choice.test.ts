import { describe, expect, it } from 'vitest';
import type { Json } from '../../records.ts';
import { gpqaDiamond, mmlu } from './choice.ts';
import { FIXTURES, rowsOf } from './testing.ts';

const [first, second] = rowsOf(...FIXTURES['gpqa-diamond']!);

describe('GPQA', () => {
  it('orders options by seed and id, and its answer is where the right one went', () => {
    const orders = new Set<string>();
    const letters = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const { answer, meta } = gpqaDiamond.read(first!, seed);
      const options = meta!.options as string[];
      expect(options['ABCD'.indexOf(answer!)]).toBe('neutron');
      orders.add(options.join());
      letters.add(answer!);
    }
    expect(orders.size).toBe(24);
    expect([...letters].sort()).toEqual(['A', 'B', 'C', 'D']);
  });

  it('keeps a problem’s order wherever its row stands', () => {
    const moved = { ...second!, number: 77, place: 'elsewhere' };
    expect(gpqaDiamond.read(moved, 5)).toEqual(gpqaDiamond.read(second!, 5));
  });

  it('asks for a letter on the last line', () => {
    const { answer: _, ...question } = gpqaDiamond.read(first!, 1);
    const lines = gpqaDiamond.word({ ...question, answer: null }).split('\n');
    expect(lines[0]).toBe('Which particle has no charge?');
    expect(lines.slice(2, 6).map((line) => line.slice(0, 3))).toEqual(['A) ', 'B) ', 'C) ', 'D) ']);
    expect(lines.at(-1)).toContain('"Answer: X", where X is one of A, B, C, D.');
  });
});

describe('MMLU', () => {
  const read = (fields: { [column: string]: Json }) => mmlu.read(rowsOf(fields)[0]!, 0);
  it.each([
    [{ choices: ['x', 'y'], answer: 0 }, 'A'],
    [{ choices: '["x", "y", "z"]', answer: '2' }, 'C'],
    [{ A: 'w', B: 'x', C: 'y', D: 'z', answer: 'd' }, 'D'],
  ])('reads %j', (fields, answer) => {
    expect(read({ question: 'q', ...fields }).answer).toBe(answer);
  });

  it.each([
    [{ choices: ['x', 'y'], answer: 2 }, /the index or the letter of one of 2 options: 2/],
    [{ choices: ['x', 'y'], answer: '' }, /column "answer" or "Answer" is not an answer/],
    [{ choices: ['x', 'y'], answer: 'AB' }, /index or the letter/],
    [{ choices: ['x'], answer: 0 }, /1 options/],
    [{ choices: ['x', 3], answer: 0 }, /not a list of texts/],
    [{ choices: '[x', answer: 0 }, /column "choices" is not JSON/],
    [{ A: 'w', B: 'x', C: 'y', answer: 'A' }, /column "D" is missing/],
  ])('refuses %j', (fields, message) => {
    expect(() => read({ question: 'q', ...fields })).toThrow(message);
  });
});
