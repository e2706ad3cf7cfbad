import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer as Rust } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../tests/support/long.ts';
import { UsageError } from '../../errors.ts';
import { byteLetters } from '../byte-letters.ts';
import { tokenBytes } from '../token-bytes.ts';
import { Tokenizer } from '../tokenizer.ts';
import { writeTokenizerFiles } from '../tokenizer-files.ts';
import { type BpeOptions, trainBpe } from './byte-level-tokenizer.ts';
import { PretokenCounts, pretokensOf } from './pretokens.ts';
import { CORPUS } from './testing.ts';

const TOKENS = { end: '<|endoftext|>', others: ['<|im_start|>', '<think>', '</think>'] };
const OPTIONS: BpeOptions = { ...TOKENS, vocabSize: 900, minCount: 2 };

function trained(options = OPTIONS) {
  const counts = new PretokenCounts([options.end, ...options.others]);
  for (const text of CORPUS) counts.add(text);
  return trainBpe(counts, options);
}

const result = trained();
const tokenizer = new Tokenizer(result.files);
const json = new TextDecoder().decode(result.files.contents.get('tokenizer.json'));
const rust = Rust.fromString(json);

async function rustIds(text: string): Promise<number[]> {
  return (await rust.encode(text, null, { addSpecialTokens: false })).getIds();
}

/** Pieces of the corpus, special tokens, white space, controls and any characters at all, in any order. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...CORPUS.flatMap((text) => text.split(/(?<=[ \n])/u))),
      fc.constantFrom(
        TOKENS.end,
        ...TOKENS.others,
        '<|',
        '<think',
        "'S",
        "'ſ",
        "'LL",
        '\r',
        '\u0085',
        '\ufeff',
      ),
      fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t', '\u00a0', '\u3000', '\u2028', '\u000b') }),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.string({ unit: 'binary-ascii', maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', '\u0301', 'ा', '\u200d', '1', '١', '½', '٫') }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('trainBpe', () => {
  it('has the ids of bytes, merges and special tokens in this order', () => {
    expect(result).toMatchObject({ vocabSize: 900, merges: 900 - 256 - 4 });
    expect(tokenizer.vocabSize).toBe(900);
    expect(['<|endoftext|>', '<|im_start|>', '<think>', '</think>'].map((t) => tokenizer.idOf(t))).toEqual([
      896, 897, 898, 899,
    ]);
    expect(tokenizer).toMatchObject({ eosIds: [896], eosId: 896, padId: 896, eosToken: '<|endoftext|>' });
    expect(tokenizer.tokenOf(0)).toBe('!');
  });

  it('encodes as the Rust library does, and decodes to the same text', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (text) => {
        const ids = await rustIds(text);
        expect([...tokenizer.encode(text)]).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
      }),
      { numRuns: runs(500, 10_000) },
    );
    for (const text of CORPUS) expect([...tokenizer.encode(text)]).toEqual(await rustIds(text));
  });

  it('splits at every character as the Rust library does', () => {
    // Unicode 17 made these letters and marks; the library's tables, and those of older Node, do not have them yet.
    const newer = [0x88f, 0xc5c, 0xcdc, 0xa7ce, 0xa7cf, 0xa7d2, 0xa7d4, 0xa7f1];
    const split = rust.getPreTokenizer()!;
    const differing: string[] = [];
    for (let block = 0; block < 0x10000; block += 64) {
      const texts = Array.from({ length: 64 }, (_, i) => block + i).map((code) => {
        const character = String.fromCharCode(code);
        const known =
          !/\p{Cs}|\p{Cn}/u.test(character) && !newer.includes(code) && !(code >= 0x1acf && code < 0x1b00);
        return known ? `a${character}${character}b 1${character} \n${character}'` : '';
      });
      const pieces = split.preTokenizeString(texts.join('x')).map(([piece]) => piece);
      if (pieces.join('|') !== pretokensOf(texts.join('x')).map(byteLetters).join('|')) {
        differing.push(block.toString(16));
      }
    }
    expect(differing).toEqual([]);
  });

  it('makes of the text as many tokens as it says', () => {
    const texts = CORPUS.map((text) => tokenizer.encode(text).length);
    expect(texts.reduce((sum, length) => sum + length, 0)).toBe(result.length);
  });

  it('makes the same bytes of the same text', () => {
    expect(trained()).toEqual(result);
  });

  it('knows the bytes of each token, and writes files that load', () => {
    const ids = tokenizer.encode('Größe 再 \u0000');
    const bytes = tokenBytes(tokenizer)!;
    expect(Buffer.concat(Array.from(ids, (id) => bytes[id]!)).toString()).toBe('Größe 再 \u0000');
    const dir = mkdtempSync(join(tmpdir(), 'aha-bpe-'));
    writeTokenizerFiles(result.files, dir);
    expect([...Tokenizer.load(dir).encode('the fox')]).toEqual([...tokenizer.encode('the fox')]);
    expect(readFileSync(join(dir, 'tokenizer.json'), 'utf8')).toBe(json);
    rmSync(dir, { recursive: true });
  });

  it('learns nothing from the letters of special tokens', () => {
    const counts = new PretokenCounts(['<|endoftext|>', 'Assistant:']);
    counts.add('one<|endoftext|>Assistant: two<|endoftext|>');
    expect([...counts.counts.keys()]).toEqual(['one', ' two']);
  });

  it('keeps thinking tags in decoded text when special tokens are left out', () => {
    const ids = tokenizer.encode('<think>x</think><|endoftext|>');
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('<think>x</think>');
  });

  it.each<[Partial<BpeOptions>, RegExp]>([
    [
      { vocabSize: 259 },
      /vocabulary size 259: less than the 256 bytes and 4 special tokens\n.*260 tokens or more/,
    ],
    [{ end: '' }, /special token "": shorter than two characters/],
    [{ others: ['!'] }, /special token "!": shorter/],
    [{ others: ['<x>', '<|endoftext|>'] }, /special token "<\|endoftext\|>": given twice/],
  ])('refuses %j', (change, message) => {
    expect(() => trained({ ...OPTIONS, ...change })).toThrow(UsageError);
    expect(() => trained({ ...OPTIONS, ...change })).toThrow(message);
  });

  it('makes a byte tokenizer of the least size', () => {
    expect(trained({ ...OPTIONS, vocabSize: 260 })).toMatchObject({ vocabSize: 260, merges: 0 });
  });
});
