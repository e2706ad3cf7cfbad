/** @file Tokenizers against Hugging Face tokenizers: ids, tokens, and the text decoded again. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { Tokenizer as Rust } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/text/index.ts';
import { REFERENCE } from '../reference.ts';
import { runs } from '../support/long.ts';

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly decoded: string;
}

describe.each(['digits', 'bom', 'unigram-bytes'])('tokenizers/%s', (name) => {
  const dir = path.join(REFERENCE, 'tokenizers', name);
  const tokenizer = Tokenizer.load(dir);
  const cases = JSON.parse(readFileSync(path.join(dir, 'expected.json'), 'utf8')) as Case[];

  it.each(cases)('$text', ({ text, ids, tokens, decoded }) => {
    const own = Array.from(tokenizer.encode(text));
    expect(own.map((id) => tokenizer.tokenOf(id))).toEqual(tokens);
    expect(own).toEqual(ids);
    expect(tokenizer.decode(own)).toBe(decoded);
  });

  it('agrees with the Rust library on other texts', async () => {
    const rust = Rust.fromString(readFileSync(path.join(dir, 'tokenizer.json'), 'utf8'));
    const piece = fc.constantFrom(
      'a',
      ' ',
      'x',
      '12',
      '½',
      '²',
      'Ⅷ',
      '①',
      '٣',
      '\n',
      '♩',
      '😀',
      '\ufeff',
      'é',
      '三',
    );
    const texts = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const encoded = await rust.encode(text, null, { addSpecialTokens: false });
        expect(Array.from(tokenizer.encode(text))).toEqual(encoded.getIds());
        expect(tokenizer.decode(encoded.getIds())).toBe(await rust.decode(encoded.getIds(), false));
      }),
      { numRuns: runs(200, 20_000) },
    );
  });

  it('decodes ids in any order as the Rust library does', async () => {
    const rust = Rust.fromString(readFileSync(path.join(dir, 'tokenizer.json'), 'utf8'));
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(ids, async (some) => {
        const expected = await rust.decode(some, false);
        // Bytes that are no UTF-8: see tokenization/decoders.ts.
        if (!expected.includes('\ufffd')) expect(tokenizer.decode(some)).toBe(expected);
      }),
      { numRuns: runs(200, 20_000) },
    );
  });
});
