import { describe, expect, it } from 'vitest';
import { Random } from '../../../random.ts';
import { chineseRemainder } from './chinese-remainder.ts';

describe('chinese-remainder', () => {
  it("solves Sunzi's own problem: 2 mod 3, 3 mod 5, 2 mod 7 is 23", () => {
    const facts = [
      '3 it leaves the remainder 2',
      '5 it leaves the remainder 3',
      '7 it leaves the remainder 2',
    ];
    const text = facts.map((fact) => `divided by ${fact}`).join(', ');
    expect(chineseRemainder.solve({ text, answer: '', meta: {} })).toEqual(['23']);
  });

  it('asks for the smallest: every number below fails', () => {
    const problem = chineseRemainder.generate(Random.derive(1), 3);
    const facts = [...problem.text.matchAll(/divided by (\d+) it leaves the remainder (\d+)/g)];
    const fits = (n: number) => facts.every(([, m, r]) => n % Number(m) === Number(r));
    expect(fits(Number(problem.answer))).toBe(true);
    for (let n = 0; n < Number(problem.answer); n++) expect(fits(n)).toBe(false);
  });
});
