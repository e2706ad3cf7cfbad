import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../tests/support/long.ts';
import { worldTokenizer } from '../world/world-tokenizer.ts';
import { StreamDecoder } from './detokenizer.ts';
import { byteLevel, sentencePiece } from './testing.ts';
import { Tokenizer } from './tokenizer.ts';

const tokenizers = {
  'byte-level': new Tokenizer(byteLevel()),
  'byte-fallback': new Tokenizer(sentencePiece()),
  'small world': worldTokenizer(),
};

function stream(tokenizer: Tokenizer, ids: Iterable<number>, skipSpecial = false): string[] {
  const decoder = new StreamDecoder(tokenizer, { skipSpecial });
  return [...Array.from(ids, (id) => decoder.push(id)), decoder.flush()];
}

describe.each(Object.entries(tokenizers))('StreamDecoder, %s', (_name, tokenizer) => {
  const id = fc.integer({ min: 0, max: tokenizer.vocabSize + 3 });

  it('gives, joined, what decode gives of any ids', () => {
    fc.assert(
      fc.property(fc.array(id, { maxLength: 40 }), fc.boolean(), (ids, skipSpecial) => {
        expect(stream(tokenizer, ids, skipSpecial).join('')).toBe(tokenizer.decode(ids, { skipSpecial }));
      }),
      { numRuns: runs(300, 6_000) },
    );
  });

  it('gives, joined, the text that was encoded, and no half characters on the way', () => {
    const text = fc.array(fc.constantFrom('the', ' ', '思考', '😀', '👩‍👩‍👧', '\n', 'a', '3'), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(text, (parts) => {
        const ids = tokenizer.encode(parts.join(''));
        const pieces = stream(tokenizer, ids);
        expect(pieces.join('')).toBe(tokenizer.decode(ids));
        for (const piece of pieces) {
          expect(piece).not.toMatch(/\p{Surrogate}/u);
          expect(piece).not.toContain('\u{FFFD}');
        }
      }),
    );
  });
});

describe('StreamDecoder', () => {
  it('holds the parts of a character back until it is whole', () => {
    const tokenizer = tokenizers['byte-level'];
    const ids = tokenizer.encode('a😀b');
    expect(ids.length).toBe(5); // a, two bytes merged, two single bytes, b
    expect(stream(tokenizer, ids)).toEqual(['a', '', '', '😀', 'b', '']);
  });

  it('gives a broken character at the end as U+FFFD', () => {
    const tokenizer = tokenizers['byte-level'];
    expect(stream(tokenizer, tokenizer.encode('a😀').slice(0, 2))).toEqual(['a', '', '\u{FFFD}']);
  });

  it('writes the digits of a number together and words apart', () => {
    const tokenizer = tokenizers['small world'];
    expect(stream(tokenizer, tokenizer.encode('35 plus r1 5 .'))).toEqual([
      '3',
      '5',
      ' plus',
      ' r1',
      ' 5',
      ' .',
      '',
    ]);
  });

  it('drops the blank at the start only', () => {
    const tokenizer = tokenizers['byte-fallback'];
    expect(stream(tokenizer, tokenizer.encode('the the'))).toEqual(['the', ' the', '']);
  });

  it('decodes nothing but what is no whole character, where tokens are bytes', () => {
    const tokenizer = tokenizers['byte-level'];
    const decoded: number[] = [];
    const watched = {
      decode: (ids: ArrayLike<number>): string => {
        decoded.push(...Array.from(ids));
        return tokenizer.decode(ids);
      },
      isSkipped: (id: number): boolean => tokenizer.isSkipped(id),
      textOf: (id: number): string | null => tokenizer.textOf(id),
      tokenOf: (id: number): string | undefined => tokenizer.tokenOf(id),
    };
    const decoder = new StreamDecoder(watched);
    const ids = Array.from(tokenizer.encode('the 😀 an'));
    expect(ids.map((id) => decoder.push(id)).join('')).toBe('the 😀 an');
    const smile = Array.from(tokenizer.encode('😀'));
    expect([...new Set(decoded)]).toEqual(smile);
  });

  it('decodes short windows, however long the reply and whatever its bytes', () => {
    const tokenizer = tokenizers['byte-level'];
    let longest = 0;
    const watched = {
      decode: (ids: ArrayLike<number>): string => {
        longest = Math.max(longest, ids.length);
        return tokenizer.decode(ids);
      },
      isSkipped: (id: number): boolean => tokenizer.isSkipped(id),
      textOf: (id: number): string | null => tokenizer.textOf(id),
      tokenOf: (id: number): string | undefined => tokenizer.tokenOf(id),
    };
    const space = tokenizer.idOf('\u0120')!;
    const lead = tokenizer.encode('😀')[0]!;
    const ids = [...Array<number>(2_000).fill(lead), space, ...Array<number>(2_000).fill(257)];
    const decoder = new StreamDecoder(watched);
    const text = ids.map((id) => decoder.push(id)).join('') + decoder.flush();
    expect(text).toBe(tokenizer.decode(ids));
    expect(longest).toBeLessThanOrEqual(65);
  });
});
