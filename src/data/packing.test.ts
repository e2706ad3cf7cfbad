import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenSequence } from '../text/index.ts';
import { Packer } from './packing.ts';
import { type Rows, utilisation } from './rows.ts';
import type { Source } from './source.ts';

/** Token 7 and its multiples are not trained on. */
function sequence(tokens: readonly number[]): TokenSequence {
  return { tokens: Int32Array.from(tokens), trained: Uint8Array.from(tokens, (id) => Number(id % 7 !== 0)) };
}

function listSource(items: readonly (readonly number[])[]): Source<TokenSequence> {
  let at = 0;
  return {
    next: () => (at < items.length ? sequence(items[at++]!) : null),
    cursor: () => at,
    seek: (cursor) => {
      at = cursor as number;
    },
  };
}

/** Where the documents of packed rows begin and end. */
function placesOf({ length, segments }: Rows): [start: number, end: number][] {
  return segments.flatMap((own, row) => {
    let at = row * length;
    return own.map((tokens): [number, number] => {
      at += tokens;
      return [at - tokens, at];
    });
  });
}

/** The documents of packed rows, read back by their lengths. */
function unpack(rows: Rows): number[][] {
  return placesOf(rows).map(([start, end]) => [...rows.tokens.subarray(start, end)]);
}

const sorted = (documents: readonly (readonly number[])[]) => documents.map((one) => one.join()).sort();

describe('Packer', () => {
  it('lays documents end to end, the longest that fits first, and pads', () => {
    const packer = new Packer(listSource([[1, 1, 1], [2], [3, 3], [4, 4, 4, 4]]), { length: 6, padToken: 9 });
    const packed = packer.next(2);
    expect([...packed.tokens]).toEqual([1, 1, 1, 3, 3, 2, 4, 4, 4, 4, 9, 9]);
    expect(packed.segments).toEqual([[3, 2, 1], [4]]);
    expect(packed).toMatchObject({ rows: 2, length: 6 });
    expect(utilisation([packed])).toBe(10 / 12);
    expect(packer.waiting).toBe(0);
  });

  it('ends with a finite source: fewer rows, then none', () => {
    const packer = new Packer(
      listSource([
        [1, 2],
        [3, 4],
      ]),
      { length: 3, padToken: 0 },
    );
    expect(packer.next(5).rows).toBe(2);
    expect(packer.next(1)).toMatchObject({ rows: 0, tokens: new Int32Array(0) });
  });

  it('cuts only what is longer than a row', () => {
    const packer = new Packer(
      listSource([
        [1, 2, 3, 4, 5],
        [6, 7],
      ]),
      { length: 4, padToken: 0 },
    );
    expect(unpack(packer.next(2))).toEqual([[1, 2, 3, 4], [5], [6, 7]]);
  });

  const documents = fc.array(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 12 }), {
    maxLength: 60,
  });

  it('loses and invents nothing, whatever the documents and the window', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 8 }), (items, window) => {
        const packed = new Packer(listSource(items), { length: 12, padToken: 0, window }).next(100);
        expect(sorted(unpack(packed))).toEqual(sorted(items));
        const real = items.reduce((sum, { length }) => sum + length, 0);
        if (packed.rows > 0) expect(utilisation([packed])).toBe(real / (packed.rows * 12));
        const targets = new Uint8Array(packed.tokens.length);
        for (const [start, end] of placesOf(packed)) {
          for (let i = start + 1; i < end; i++) targets[i] = Number(packed.tokens[i]! % 7 !== 0);
        }
        expect(packed.targets).toEqual(targets);
      }),
    );
  });

  it('resumes bit for bit through JSON', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 0, max: 9 }), (items, before) => {
        const open = () => new Packer(listSource(items), { length: 14, padToken: 0, window: 5 });
        const whole = open();
        whole.next(before);
        const resumed = open();
        resumed.seek(JSON.parse(JSON.stringify(whole.cursor())));
        expect(resumed.next(20)).toEqual(whole.next(20));
      }),
    );
  });

  it('fills rows of 192 with short documents to over 98%', () => {
    const lengths = Array.from({ length: 4_000 }, (_, i) => 10 + ((i * 7919) % 60));
    const source = listSource(lengths.map((length) => Array.from({ length }, () => 1)));
    const packed = new Packer(source, { length: 192, padToken: 0 }).next(500);
    expect(utilisation([packed])).toBeGreaterThan(0.98);
  });

  it('refuses a row or window without room and a cursor of something else', () => {
    expect(() => new Packer(listSource([]), { length: 0, padToken: 0 })).toThrow(RangeError);
    expect(() => new Packer(listSource([]), { length: 4, padToken: 0, window: 0 })).toThrow(RangeError);
    expect(() => new Packer(listSource([]), { length: 4, padToken: 0 }).seek(3)).toThrow(TypeError);
  });
});
