import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { compileFilters, filtersSchema } from './filters.ts';
import { itemOf } from './testing.ts';

const reason = (filters: object, ...item: Parameters<typeof itemOf>) =>
  compileFilters(filtersSchema.parse(filters))(itemOf(...item));

describe('filters', () => {
  it.each([
    [{}, '', null],
    [{ minCharacters: 3 }, 'ab', 'minCharacters'],
    [{ minCharacters: 3 }, 'abc', null],
    [{ maxCharacters: 3 }, 'abcd', 'maxCharacters'],
    [{ maxCharacters: 3 }, 'abc', null],
    [{ match: '\\d' }, 'none', 'match'],
    [{ reject: 'https?:' }, 'see http://x', 'reject'],
    [{ language: 'en' }, 'what is 2 + 2 ?', null],
    [{ language: 'en' }, '二加二是多少', 'language'],
    [{ language: 'zh' }, '求 x 的值', null],
    [{ language: 'zh' }, 'find x', 'language'],
    [{ language: 'ja' }, 'カタカナとひらがな', null],
    [{ language: 'zh' }, '2 + 2', null],
    [{ language: 'en', languageShare: 0.9 }, 'what is 值值值 ?', 'language'],
    [{ minCharacters: 9, match: 'z' }, 'a', 'minCharacters'],
  ])('%j on %j: %s', (filters, question, expected) => {
    expect(reason(filters, 1, question)).toBe(expected);
  });

  it('takes only prompts with an answer where asked', () => {
    expect(reason({ hasAnswer: true }, 1, 'q', null)).toBe('hasAnswer');
    expect(reason({ hasAnswer: true }, 1, 'q', ' ')).toBe('hasAnswer');
    expect(reason({ hasAnswer: true }, 1, 'q', '0')).toBeNull();
  });

  it.each([
    [{ min: 3 }, 3, null],
    [{ min: 3 }, 2.9, 'level'],
    [{ max: 4 }, 'Level 5', 'level'],
    [{ min: 2, max: 4 }, 'Level 3', null],
    [{ min: '2024-08-01', max: '2025-01-31' }, '2024-09-01T00:00:00', null],
    [{ min: '2024-08-01' }, '2024-07-31', 'level'],
    [{ in: ['easy', 2] }, 'easy', null],
    [{ in: ['easy', 2] }, 2, null],
    [{ in: ['easy'] }, 'hard', 'level'],
    [{ min: 0 }, null, 'level'],
    [{ min: 0 }, 'none', 'level'],
    [{ min: 0 }, [1], 'level'],
  ])('%j on a column that holds %j: %s', (range, value, expected) => {
    const fields = [{ field: 'level', ...range }];
    expect(reason({ fields }, 1, 'q', '1', { level: value as string })).toBe(expected);
  });

  it('drops a row without the column', () => {
    expect(reason({ fields: [{ field: 'toString', min: 0 }] }, 1, 'q')).toBe('toString');
  });

  it('refuses what is no filter', () => {
    for (const filters of [
      { match: '(' },
      { minCharacters: -1 },
      { fields: [{ field: 'a' }] },
      { mach: 'x' },
    ]) {
      expect(filtersSchema.safeParse(filters).success).toBe(false);
    }
    expect(() => reason({ language: 'not a tag' }, 1, 'q')).toThrow(UsageError);
  });
});
