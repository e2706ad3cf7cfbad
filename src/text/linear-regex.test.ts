import { describe, expect, it } from 'vitest';
import { costOf, isLinear } from './linear-regex.ts';

const BLANKS = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const [UPPER, LOWER] = ['[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]', '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'];

/** Patterns as they stand in the tokenizer.json of published checkpoints. */
export const PUBLISHED: Readonly<Record<string, string>> = {
  'GPT-2': "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  'Llama 3': `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${BLANKS}`,
  'Qwen 2': `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${BLANKS}`,
  'DeepSeek V3, numbers': '\\p{N}{1,3}',
  'DeepSeek V3, Chinese and Japanese': '[一-龥぀-ゟ゠-ヿ]+',
  'DeepSeek V3, words': `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${BLANKS}`,
  'GPT-4o': `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${CONTRACTIONS}?|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${CONTRACTIONS}?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${BLANKS}`,
  Tekken: `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${BLANKS}`,
  'runs of blanks': ' {2,}',
  digits: '[0-9][0-9][0-9]',
};

it.each(Object.entries(PUBLISHED))('the pattern of %s is linear', (_, pattern) => {
  expect(isLinear(pattern)).toBe(true);
  // As it is claimed: texts that make quadratic patterns slow take no time to speak of.
  const regex = new RegExp(pattern.replaceAll(/\(\?i:/g, '(?:'), 'gu');
  for (const text of [' ', 'a', 'A', 'Ä', '1', '!', '\n', ' \n', '\u0301', '龥'].map((c) =>
    c.repeat(200_000),
  ))
    for (const end of ['', 'x', ' ', '!', '\n']) expect((text + end).split(regex).length).toBeGreaterThan(0);
});

describe('isLinear', () => {
  it.each([
    '(a+)+$',
    '(\\w+\\s?)*:',
    '(a|a)*b',
    '(a|aa)+$',
    '([a-z]+)*\\d',
    '(.*)*x',
    '(?=(a+)+$)a',
    '(x+x+)+y',
    // Quadratic: each place of a long run is tried to its end.
    '\\w+:',
    '\\s+$',
    '\\s*[\\r\\n]+',
    '\\s+(?!\\S)',
    'a.*b',
    'a+(?=b)',
    '[a-z]+[0-9]+|[0-9]',
    // Bounded, with more ways than a machine can try.
    'a?'.repeat(30) + 'a'.repeat(30),
    '(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)b',
    '(?:a?){30}b',
    'a{1,50000}b',
    '(a)\\1+',
    '(?<n>a)\\k<n>',
    '(a',
    'a)',
    '[a',
  ])('does not say so of %s', (pattern) => {
    expect(isLinear(pattern)).toBe(false);
  });

  it.each(['', 'a', '(?<=^[0-9]| [0-9]) (?=[0-9])', '\\d', '(?:ab|c)?d+', 'a+?b*', '\\.|x\\|y', '[(|)]+'])(
    'says so of %j',
    (pattern) => {
      expect(isLinear(pattern)).toBe(true);
    },
  );
});

describe('costOf', () => {
  it.each([
    [' ?\\p{L}+', 1, 1],
    ['[a-z]+[0-9]+|[0-9]', 2, 3],
    ['\\s+$', 1, 2],
    ['a?b?c{1,3}d*e+f', 12, 3],
  ])('knows a power of the length for %s', (pattern, ways, degree) => {
    expect(costOf(pattern)).toEqual({ ways, degree });
  });

  it.each(['(a+)+$', '(\\w+\\s?)*:', '(a|a)*b', '(?:a?){30}b', '(a', '(?=a+)b+c'])(
    'knows no bound for %s',
    (pattern) => {
      expect(costOf(pattern)).toEqual({ ways: Infinity, degree: Infinity });
    },
  );
});
