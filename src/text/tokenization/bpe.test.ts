import { describe, expect, it } from 'vitest';
import { Bpe } from './bpe.ts';

const TOKENS = ['<unk>', 'a', 'b', 'ab', 'aba', 'b</w>', '##b', '<0xC3>', '<0xA9>', 'é'];

function bpe(settings: object, tokens: readonly string[] = TOKENS.slice(0, 9)): (piece: string) => string[] {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const made = new Bpe({ vocab, merges: ['a b', 'ab a'], ...settings });
  return (piece) => made.ids(piece).map((id) => tokens[id]!);
}

describe('Bpe', () => {
  it('joins the pair that was learnt first, from the left', () => {
    const tokens = bpe({});
    expect(tokens('abab')).toEqual(['ab', 'ab']);
    expect(tokens('aba')).toEqual(['aba']);
    expect(tokens('baab')).toEqual(['b', 'a', 'ab']);
    expect(tokens('abab')).toEqual(['ab', 'ab']);
  });

  it('leaves out what it has no token for, or puts the unknown token there', () => {
    expect(bpe({})('axxb')).toEqual(['ab']);
    expect(bpe({ unk_token: '<unk>' })('axxb')).toEqual(['a', '<unk>', '<unk>', 'b']);
    expect(bpe({ unk_token: '<unk>', fuse_unk: true })('axxb')).toEqual(['a', '<unk>', 'b']);
    expect(() => bpe({ unk_token: '<none>' })('ax')).toThrow(
      '"ax" has no token, and the vocabulary lacks unk_token',
    );
  });

  it('falls back on bytes', () => {
    expect(bpe({ byte_fallback: true, unk_token: '<unk>' })('aéx')).toEqual([
      'a',
      '<0xC3>',
      '<0xA9>',
      '<unk>',
    ]);
    expect(bpe({ byte_fallback: true }, TOKENS)('é')).toEqual(['é']);
  });

  it('writes the end of a word, and what does not begin one, in their own way', () => {
    expect(bpe({ end_of_word_suffix: '</w>' })('bb')).toEqual(['b', 'b</w>']);
    expect(bpe({ continuing_subword_prefix: '##', merges: ['a ##b'] })('ab')).toEqual(['ab']);
  });

  it('takes a whole token first where merges are ignored', () => {
    const settings = { merges: [], ignore_merges: true };
    expect([bpe({ merges: [] })('aba'), bpe(settings)('aba')]).toEqual([['a', 'b', 'a'], ['aba']]);
  });

  it.each([
    [{ dropout: 0.1 }, 'model BPE: dropout 0.1 is not supported'],
    [{ merges: ['a x'] }, 'model BPE: merge "a x" is of tokens that are not in the vocabulary'],
    [{ merges: ['a'] }, 'model BPE: merge "a"'],
    [{ merges: null }, 'model BPE: vocab or merges are missing'],
  ])('refuses %j', (settings, message) => {
    expect(() => bpe(settings)).toThrow(message);
  });
});
