/**
 * @file Random small tokenizers against the Rust library: normalized text, pieces, ids, decoded text. `AHA_LONG=1` draws
 * other ones each time, and says the seed of one that fails.
 */
import fc from 'fast-check';
import { Tokenizer as Rust } from 'tokenizers';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/records.ts';
import { Tokenizer } from '../../src/text/index.ts';
import { filesOf } from '../../src/text/testing.ts';
import { decoder } from '../../src/text/tokenization/decoders.ts';
import { normalizer, normalizeText } from '../../src/text/tokenization/normalizers.ts';
import { preTokenizer } from '../../src/text/tokenization/pre-tokenizers.ts';
import { LONG, runs } from '../support/long.ts';
import * as arbitrary from '../support/tokenizer-configs.ts';

const SEED = LONG ? undefined : 5;
const many = (sample: number): { numRuns: number; seed?: number } => ({
  numRuns: runs(sample, 50 * sample),
  ...(SEED === undefined ? {} : { seed: SEED }),
});

/** The Rust library with one part of a file, on a model that takes every text. */
function rustWith(part: JsonObject): Rust {
  const model = { type: 'WordLevel', vocab: { '<unk>': 0 }, unk_token: '<unk>' };
  const none = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  return Rust.fromString(JSON.stringify({ version: '1.0', added_tokens: [], ...none, model, ...part }));
}

it('normalizes as the Rust library does', () => {
  fc.assert(
    fc.property(
      arbitrary.normalizers,
      fc.array(arbitrary.texts, { minLength: 4, maxLength: 4 }),
      (json, texts) => {
        const rust = rustWith({ normalizer: json }).getNormalizer()!;
        for (const text of texts)
          expect(normalizeText(normalizer(json), text)).toBe(rust.normalizeString(text));
      },
    ),
    many(200),
  );
});

it('cuts texts into pieces as the Rust library does', () => {
  fc.assert(
    fc.property(
      arbitrary.preTokenizers,
      fc.array(arbitrary.texts, { minLength: 4, maxLength: 4 }),
      (json, texts) => {
        const rust = rustWith({ pre_tokenizer: json }).getPreTokenizer()!;
        for (const text of texts) {
          const pieces = preTokenizer(json)({ text, head: text.codePointAt(0)! > 0xffff ? 2 : 1 }).map(
            (piece) => piece.text,
          );
          expect(pieces).toEqual(rust.preTokenizeString(text).map(([piece]) => piece));
        }
      },
    ),
    many(250),
  );
});

it('decodes tokens as the Rust library does', () => {
  fc.assert(
    fc.property(
      arbitrary.decoders,
      fc.array(arbitrary.tokens, { minLength: 4, maxLength: 4 }),
      (json, lists) => {
        const rust = rustWith({ decoder: json }).getDecoder()!;
        for (const tokens of lists) {
          const expected = rust.decode(tokens);
          // Bytes that are no UTF-8: see decoders.ts.
          if (expected.includes('\ufffd')) continue;
          expect(decoder(json, new Set())(tokens).join('')).toBe(expected);
        }
      },
    ),
    many(200),
  );
});

/** Rust reads letters of added tokens as bytes there, see decoders.ts. */
function readsAddedAsBytes({ decoder: json, added_tokens: added }: JsonObject): boolean {
  return JSON.stringify(json).includes('ByteLevel') && /[^ -~]/.test(JSON.stringify(added));
}

it('gives the ids of the Rust library, and the text of its ids', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitrary.tokenizers,
      fc.array(arbitrary.texts, { minLength: 4, maxLength: 4 }),
      async (json, texts) => {
        const rust = Rust.fromString(JSON.stringify(json));
        const own = new Tokenizer(filesOf({ 'tokenizer.json': json }));
        for (const text of texts) {
          const ids = (await rust.encode(text, null, { addSpecialTokens: false })).getIds();
          expect([...own.encode(text)]).toEqual(ids);
          const decoded = await rust.decode(ids, false);
          if (!decoded.includes('\ufffd') && !readsAddedAsBytes(json)) expect(own.decode(ids)).toBe(decoded);
        }
      },
    ),
    many(200),
  );
});
