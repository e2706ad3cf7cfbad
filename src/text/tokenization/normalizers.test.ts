import { expect, it } from 'vitest';
import { normalizePiece, normalizer } from './normalizers.ts';

/** The text, and which part of it stands where the text before stood first. */
const normalized = (json: object, text: string): [text: string, head: string] => {
  const piece = normalizePiece(normalizer(json as never), { text, head: 1 });
  return [piece.text, piece.text.slice(0, piece.head)];
};

const replace = (from: string, content: string) => ({ type: 'Replace', pattern: { String: from }, content });

it.each([
  [{ type: 'Lowercase' }, 'ΑΣ', 'ασ', 'α'],
  [{ type: 'NFD' }, 'éa', 'e\u0301a', 'e\u0301'],
  [{ type: 'Prepend', prepend: '▁' }, 'ab', '▁ab', '▁a'],
  [{ type: 'Strip', strip_left: true, strip_right: true }, ' ab\n', 'ab', ''],
  [{ type: 'Strip', strip_left: false, strip_right: true }, '\na ', '\na', '\n'],
  [replace('a', '$&$&'), 'ab', '$&$&b', '$&$&'],
  [replace('ab', 'x'), 'abc', 'xc', ''],
  [{ type: 'BertNormalizer' }, '漢A', ' 漢 a', ' 漢 '],
])('%j of %j', (json, text, result, head) => {
  expect(normalized(json, text)).toEqual([result, head]);
});

it('ends where replacements multiply a text without end', () => {
  const grown = (steps: number) => ({
    type: 'Sequence',
    normalizers: Array.from({ length: steps }, () => replace('a', 'aaaaaaaaaa')),
  });
  expect(normalized(grown(4), 'a')[0]).toHaveLength(10_000);
  expect(() => normalized(grown(40), 'a')).toThrow('normalizer: makes more than 65636 characters of 1');
});

it('strips long white space in time', () => {
  const text = `a${' '.repeat(300_000)}b`;
  expect(normalized({ type: 'Strip', strip_left: true, strip_right: true }, text)[0]).toBe(text);
});

it.each([
  [{ type: 'Nmt' }, 'normalizer "Nmt" is not supported (known: Sequence, NFC,'],
  [{ type: 'Replace', content: '' }, 'normalizer Replace: pattern undefined'],
  [{ type: 'Prepend' }, 'normalizer Prepend: prepend is undefined, expected a text'],
])('refuses %j', (json, message) => {
  expect(() => normalizer(json as never)).toThrow(message);
});
