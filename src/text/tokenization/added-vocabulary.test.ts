import { describe, expect, it } from 'vitest';
import { AddedVocabulary } from './added-vocabulary.ts';
import { normalizer } from './normalizers.ts';

const token = (id: number, content: string, settings: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...settings,
});

/** Ids, and texts between them. */
function read(
  text: string,
  tokens: ReturnType<typeof token>[],
  normal: object | null = null,
): (number | string)[] {
  const added = new AddedVocabulary(tokens, normal === null ? null : normalizer(normal as never));
  return added.sections(text).map((section) => (typeof section === 'number' ? section : section.text));
}

describe('AddedVocabulary', () => {
  it('finds the leftmost longest tokens', () => {
    const tokens = [token(1, '<a'), token(2, '<a>'), token(3, 'a>b')];
    expect(read('x<a>b<a', tokens)).toEqual(['x', 2, 'b', 1]);
  });

  it('gives a token the white space beside it that it asks for', () => {
    expect(read('x \u00a0<a>\n y', [token(1, '<a>', { lstrip: true })])).toEqual(['x', 1, '\n y']);
    expect(read('x <a>\n y', [token(1, '<a>', { rstrip: true })])).toEqual(['x ', 1, 'y']);
    expect(read('<a> <a>', [token(1, '<a>', { lstrip: true, rstrip: true })])).toEqual([1, 1]);
  });

  it('takes a single word only where no letter stands beside it', () => {
    const word = [token(1, 'is', { single_word: true })];
    expect(read('is this is_ is-is 𝒳is', word)).toEqual([1, ' this is_ ', 1, '-', 1, ' 𝒳is']);
  });

  it('looks for normalized tokens in the normalized text, for others in the text itself', () => {
    const small = { type: 'Lowercase' };
    expect(read('TOK tok <X>', [token(1, 'Tok', { normalized: true }), token(2, '<X>')], small)).toEqual([
      1,
      ' ',
      1,
      ' ',
      2,
    ]);
    expect(read('TOK <x>', [token(1, 'tok'), token(2, '<X>')], small)).toEqual(['tok <x>']);
  });

  it('names tokens that it cannot tell apart', () => {
    const same = [token(1, 'TOK', { normalized: true }), token(2, 'tok', { normalized: true })];
    expect(() => read('x', same, { type: 'Lowercase' })).toThrow(
      '"TOK" and "tok" are the same once normalized',
    );
    const blank = [token(1, ' ', { normalized: true })];
    expect(() => read('x', blank, { type: 'Strip' })).toThrow('nothing is left of " "');
  });
});
