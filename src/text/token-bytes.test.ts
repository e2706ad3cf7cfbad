import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteTokenizer, byteTokenizerFiles } from '../../tests/support/byte-tokenizer.ts';
import { worldTokenizer } from '../world/world-tokenizer.ts';
import { tokenBytes } from './token-bytes.ts';
import { Tokenizer } from './tokenizer.ts';

const tokenizer = byteTokenizer();
const bytes = tokenBytes(tokenizer)!;

describe('tokenBytes', () => {
  it('gives bytes that join to the text they were encoded from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const ids = Array.from(tokenizer.encode(text, { special: false }));
        expect(Buffer.concat(ids.map((id) => bytes[id]!)).toString()).toBe(text);
      }),
    );
  });

  it('gives none for control tokens', () => {
    for (const token of ['<|im_end|>', '<think>', '<tool_call>'])
      expect(bytes[tokenizer.idOf(token)!]).toBeNull();
  });

  it('reads merged tokens and every byte', () => {
    expect(Buffer.from(bytes[tokenizer.idOf('Ġthe')!]!).toString()).toBe(' the');
    const single = bytes.filter((piece) => piece?.length === 1).map((piece) => piece![0]!);
    expect(single.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
  });

  it('reads SentencePiece’s blanks and byte fallback', () => {
    const files = byteTokenizerFiles(null);
    const json = {
      ...files.tokenizer,
      added_tokens: [],
      pre_tokenizer: null,
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
        ],
      },
      model: {
        type: 'BPE',
        byte_fallback: true,
        unk_token: '<unk>',
        vocab: { '<0x0A>': 0, '▁word': 1, é: 2, '<unk>': 3 },
        merges: [],
      },
    };
    const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const pieces = new Tokenizer({ where: 'test', contents: new Map([['tokenizer.json', encode(json)]]) });
    const texts = tokenBytes(pieces)!.map((piece) => piece && Buffer.from(piece).toString());
    expect(texts).toEqual(['\n', ' word', 'é', null]);
  });

  it('says that words of a vocabulary of words have none', () => {
    expect(tokenBytes(worldTokenizer())).toBeNull();
  });
});
