import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmless, harmlessJson } from './sanitise.ts';

describe('harmless', () => {
  it.each([
    ['a colour', '\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['a window title', '\u001b]0;owned\u0007x', ']0;ownedx'],
    ['a C1 introducer', '\u009b2Jx', '2Jx'],
    ['going back over what was shown', 'right\rwrong\b', 'rightwrong'],
    ['turning the direction round', 'a\u202eb\u2066c', 'abc'],
    ['line separators', 'a\u2028b\u2029c', 'abc'],
    ['DEL and NUL', 'a\u007fb\u0000c', 'abc'],
  ])('takes out %s', (_, text, expected) => {
    expect(harmless(text)).toBe(expected);
  });

  it('keeps line breaks, tabs, accents, emoji, joiners and Chinese', () => {
    const text = 'a\tb\nÄ é 👩‍🔬 想一想 ≤ \\boxed{4}';
    expect(harmless(text)).toBe(text);
  });

  it('leaves no control character however a text is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, at) => {
        const cut = at % (text.length + 1);
        const shown = harmless(text.slice(0, cut)) + harmless(text.slice(cut));
        expect([...shown].every((one) => one === '\n' || one === '\t' || !/\p{Cc}/u.test(one))).toBe(true);
        expect(shown).toBe(harmless(text));
      }),
    );
  });
});

describe('harmlessJson', () => {
  it('loses nothing and shows no control character', () => {
    const value = { text: '\u001b[2J\u009b31m\u007f\u202e\nok' };
    const json = harmlessJson(value);
    expect(JSON.parse(json)).toEqual(value);
    expect(json).toBe('{"text":"\\u001b[2J\\u009b31m\\u007f\\u202e\\nok"}');
  });
});
