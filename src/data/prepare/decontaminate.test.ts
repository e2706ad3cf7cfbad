import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContaminationIndex } from './decontaminate.ts';

const words = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `w${from + i}`).join(' ');
const index = (questions: readonly string[], n?: number) =>
  new ContaminationIndex(
    [{ name: 'test', questions: questions.map((question, i) => ({ id: `t${i}`, question })) }],
    n,
  );

describe('ContaminationIndex', () => {
  it('finds ten words in a row, and not nine', () => {
    const built = index([words(0, 15)]);
    expect(built.find(`before ${words(3, 10)} after`)).toEqual({
      set: 'test',
      question: 't0',
      words: words(3, 10),
    });
    expect(built.find(`before ${words(3, 9)} after`)).toBeNull();
  });

  it('looks past case, signs and line breaks', () => {
    const question = 'Find the sum of all primes p such that p + 2 is prime.';
    const found = index([question]).find('FIND the sum, of all\nprimes $p$ such that (p)');
    expect(found?.words).toBe('find the sum of all primes p such that p');
  });

  it('counts Chinese characters as words', () => {
    const built = index(['求所有满足条件的正整数之和是多少']);
    expect(built.find('请求所有满足条件的正整数')?.words).toBe('求 所 有 满 足 条 件 的 正 整');
    expect(built.find('满足条件的整数之和')).toBeNull();
  });

  it('finds a short question only where it is all of the text', () => {
    const built = index(['What is 2 + 3 ?']);
    expect(built.find('what is  2 + 3 ?')).toMatchObject({ question: 't0', words: 'what is 2 + 3 ?' });
    expect(built.find('what is 2 * 3 ?')).toBeNull();
    expect(built.find('Say: what is 2 + 3 ?')).toBeNull();
  });

  it('takes another n, names the set, and finds nothing in nothing', () => {
    expect(index([words(0, 15)], 3).find(words(5, 3))).not.toBeNull();
    expect(() => index([], 0)).toThrow(RangeError);
    expect(index([]).find(words(0, 30))).toBeNull();
    expect(index(['', ' ']).find('')).toBeNull();
    const sets = ['a', 'b'].map((name, i) => ({
      name,
      questions: [{ id: name, question: words(20 * i, 12) }],
    }));
    expect(new ContaminationIndex(sets).find(words(21, 10))?.set).toBe('b');
  });

  it('agrees with comparing every n-gram with every other', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 4 }), (one, other, n) => {
        const grams = (list: string[]) =>
          list.flatMap((_, i) => (i + n <= list.length ? [list.slice(i, i + n).join(' ')] : []));
        const overlap =
          one.length < n
            ? one.length > 0 && one.join(' ') === other.join(' ')
            : grams(other).some((gram) => grams(one).includes(gram));
        expect(index([one.join(' ')], n).find(other.join(' ')) !== null).toBe(overlap);
      }),
    );
  });
});
