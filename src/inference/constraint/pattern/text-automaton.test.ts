import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../../tests/support/long.ts';
import { PatternError, reads, type TextAutomaton, TooLarge, textAutomaton } from './index.ts';

const automatonOf = (...patterns: readonly string[]): TextAutomaton | null =>
  textAutomaton({ patterns, formats: [], unlike: [], without: [] });

/** Patterns that say something about short texts of these letters. */
const LETTERS = ['a', 'b', 'B', '1', '_', '-', ' ', '\n', 'é', '😀'];
const PATTERNS = [
  'a',
  '^a',
  'a$',
  '^a$',
  '',
  '^$',
  'a|^b|1$',
  '(^a|b)1?$',
  '^(?:ab|a)(?:1|b1)?$',
  '^[ab]+$',
  '^[^ab]*$',
  '^\\w+$',
  '\\W',
  '^\\d\\D$',
  '^\\s|\\S\\s$',
  '^.$',
  '^..$',
  '^a{2,3}$',
  '^(a|b){2}$',
  '^(?:a*)*b$',
  '^a{0}b{1,}?$',
  '^(?!a).*$',
  '^(?=.*1)(?=.*a)[a1b]+$',
  '^(?!.*aa)[ab]*$',
  'a(?!b)',
  'a(?=b|$)1?',
  '^(a(?=b)|b){1,3}$',
  '^(?:(?=a)a|b)?1$',
  '^[\\u0061-\\u{62}\\x31]+$',
  '^\\p{Lu}|\\P{L}$',
  '^[^\\n]+$',
  '^[\\w-]+$',
  '^[a\\-1]+$',
  '^(?<name>a)[-_]$',
  '^\\u{1F600}|é$',
  '^[\\ud83d-\\uffff]$',
];

describe('textAutomaton', () => {
  it.each(PATTERNS)('reads what JavaScript finds: %s', (source) => {
    const automaton = automatonOf(source);
    const expression = new RegExp(source, 'u');
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...LETTERS), { maxLength: 5 }), (letters) => {
        const text = letters.join('');
        expect(automaton !== null && reads(automaton, text), JSON.stringify(text)).toBe(
          expression.test(text),
        );
      }),
      { numRuns: runs(150, 5_000) },
    );
  });

  it('reads what follows all rules', () => {
    const automaton = textAutomaton({
      patterns: ['^[ab]{2}$', 'a'],
      formats: [],
      unlike: ['ab'],
      without: ['^b'],
    })!;
    expect(['aa', 'ab', 'ba', 'bb', 'a'].filter((text) => reads(automaton, text))).toEqual(['aa']);
    expect(automatonOf('^a', '^b')).toBeNull();
  });

  it('lets the pattern hold where a format says something else', () => {
    const rules = { patterns: ['^\\d\\d:\\d\\d$'], formats: ['time'], unlike: [], without: [] };
    expect(reads(textAutomaton(rules)!, '12:30')).toBe(true);
    const both = textAutomaton({ ...rules, patterns: ['^\\d\\d:\\d\\d'] })!;
    expect([reads(both, '12:30:00'), reads(both, '12:30')]).toEqual([true, false]);
  });

  it.each([
    '(',
    ')',
    '[',
    '[b-a]',
    '*',
    'a**',
    'a{3,2}',
    'a{100000}',
    '\\',
    '\\xg0',
    '\\u{110000}',
    '\\p{Nothing}',
    '(?i:a)',
    '(?<=a)b',
    '(a)\\1',
    '\\bword',
    '^*',
    '(?:a?(?=b))*',
    'a?^b',
    '('.repeat(200) + ')'.repeat(200),
    'a'.repeat(5_000),
  ])('refuses %s', (source) => {
    expect(() => automatonOf(source)).toThrow(PatternError);
  });

  it.each([
    'x{1000}{1000}',
    '^(a|aa){1000}$',
    '^(a|b)*a(a|b){20}$',
    '^(((a{0,90}b){0,90}c){0,90}d)$',
    '(?=.*a.{12})(?=.*b.{12})(?=.*c.{12})',
  ])('gives up on %s', (source) => {
    expect(() => automatonOf(source)).toThrow(TooLarge);
  });

  it.each(['((a?){100}){100}', '(((((a*)*)*)*)*)*b', '^(a|a)*$', '(.*a){20}', '^(\\w+\\s?)+$'])(
    'is small for %s, which others try for ever',
    (source) => {
      expect(automatonOf(source)!.ways.length).toBeLessThan(50);
    },
  );
});
