import { describe, expect, it } from 'vitest';
import { preTokenizer } from './pre-tokenizers.ts';

const cut = (text: string, json: object): string[] =>
  preTokenizer(json as never)({ text, head: 1 }).map((piece) => piece.text);

const split = { type: 'Split', pattern: { String: '-' } };

// The examples of the Rust library's documentation, "the-final--countdown".
describe.each([
  ['Removed', ['the', 'final', 'countdown'], ['-', '-', '-']],
  ['Isolated', ['the', '-', 'final', '-', '-', 'countdown'], ['the', '-', 'final', '-', '-', 'countdown']],
  ['MergedWithPrevious', ['the-', 'final-', '-', 'countdown'], ['the', '-final', '-', '-countdown']],
  ['MergedWithNext', ['the', '-final', '-', '-countdown'], ['the-', 'final-', '-', 'countdown']],
  ['Contiguous', ['the', '-', 'final', '--', 'countdown'], ['the', '-', 'final', '--', 'countdown']],
])('%s', (behavior, pieces, inverted) => {
  it('cuts at matches, or at what lies between', () => {
    expect(cut('the-final--countdown', { ...split, behavior })).toEqual(pieces);
    expect(cut('the-final--countdown', { ...split, behavior, invert: true })).toEqual(inverted);
  });
});

it.each([
  [{ ...split, behavior: 'Merged' }, 'pre_tokenizer Split: behavior "Merged" (known: Removed, Isolated,'],
  [{ type: 'Split', behavior: 'Removed' }, 'pre_tokenizer Split: pattern undefined'],
  [{ type: 'UnicodeScripts' }, 'pre_tokenizer "UnicodeScripts" is not supported (known: Sequence,'],
  [{ type: 'Metaspace', prepend_scheme: 'last' }, 'pre_tokenizer Metaspace: prepend_scheme "last"'],
  [{ type: 'FixedLength', length: 0 }, 'pre_tokenizer FixedLength: length 0'],
  [{ type: 'Sequence' }, 'pre_tokenizer Sequence: pretokenizers is no list'],
  ['ByteLevel', 'pre_tokenizer: "ByteLevel", expected an object with a type'],
])('refuses %j by name', (json, message) => {
  expect(() => cut('x', json as object)).toThrow(message);
});
