import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType } from '../torch/index.ts';
import { encodeHeader, parseHeader } from './safetensors-header.ts';

const json = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const parse = (value: unknown, dataBytes: number): ReturnType<typeof parseHeader> => {
  const bytes = json(value);
  return parseHeader('w.safetensors', bytes, 8 + bytes.length + dataBytes);
};
const f32 = (start: number, end: number, shape = [(end - start) / 4]): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [start, end],
});

describe('parseHeader', () => {
  it('reads places, dtypes and metadata', () => {
    const header = {
      __metadata__: { format: 'pt' },
      b: f32(8, 16, [1, 2]),
      a: { dtype: 'BF16', shape: [4], data_offsets: [0, 8] },
    };
    const base = 8 + json(header).length;
    const { entries, metadata } = parse(header, 16);
    expect(metadata).toEqual({ format: 'pt' });
    expect(entries.get('a')).toEqual({ dtype: 'bfloat16', shape: [4], start: base, bytes: 8 });
    expect(entries.get('b')).toEqual({ dtype: 'float32', shape: [1, 2], start: base + 8, bytes: 8 });
  });

  it('takes scalars and empty tensors', () => {
    const { entries } = parse({ s: f32(0, 4, []), e: f32(4, 4, [0, 7]) }, 4);
    expect(entries.get('s')).toMatchObject({ shape: [], bytes: 4 });
    expect(entries.get('e')).toMatchObject({ shape: [0, 7], bytes: 0 });
  });

  it.each([
    ['no JSON', 'x', 0, /w\.safetensors: its header is not a JSON object/],
    ['an array', [], 0, /not a JSON object/],
    ['an entry that is no object', { a: 3 }, 0, /"a" has no valid shape and data_offsets/],
    ['a negative size', { a: f32(0, 4, [-1]) }, 4, /"a" has no valid shape/],
    ['a broken size', { a: f32(0, 4, [0.5]) }, 4, /"a" has no valid shape/],
    ['an unknown dtype', { a: { dtype: 'F8_E5M2', shape: [4], data_offsets: [0, 4] } }, 4, /dtype F8_E5M2/],
    [
      'a dtype of the prototype',
      { a: { dtype: 'toString', shape: [4], data_offsets: [0, 4] } },
      4,
      /dtype toString/,
    ],
    ['bytes that miss the shape', { a: f32(0, 4, [2]) }, 4, /"a" has 4 bytes, its shape needs 8/],
    ['offsets in reverse', { a: f32(4, 0, [1]) }, 4, /"a" has -4 bytes/],
    ['a product beyond any file', { a: f32(0, 4, [2 ** 30, 2 ** 30]) }, 4, /its shape needs/],
    ['an overlap', { a: f32(0, 8), b: f32(4, 12) }, 12, /"b" begins at byte \d+, not \d+/],
    ['a hole', { a: f32(0, 4), b: f32(8, 12) }, 12, /"b" begins at byte/],
    ['a hole at the start', { a: f32(4, 8) }, 8, /"a" begins at byte/],
    ['missing data', { a: f32(0, 8) }, 4, /its tensors end at byte \d+, the file at \d+/],
    ['data of no tensor', { a: f32(0, 8) }, 12, /its tensors end at byte/],
    ['metadata that is no object', { __metadata__: 3 }, 0, /__metadata__/],
    ['metadata that is no string', { __metadata__: { step: 3 } }, 0, /__metadata__/],
  ])('refuses %s', (_, header, dataBytes, message) => {
    expect(() => parse(header, dataBytes)).toThrow(message);
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(() => parseHeader('w', Uint8Array.of(0x7b, 0xff, 0x7d), 11)).toThrow(/not a JSON object/);
  });
});

describe('encodeHeader', () => {
  it('is read back, and puts the data at a multiple of 8 bytes', () => {
    const entry = fc.record({
      dtype: fc.constantFrom<DType[]>('float64', 'float32', 'bfloat16', 'bool'),
      shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
    });
    const metadata = { progress: '{"step":3}', ключ: '值' };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), entry), (tensors) => {
        const named = Object.entries(tensors)
          .filter(([name]) => name !== '__metadata__' && name !== '__proto__')
          .map(
            ([name, { dtype, shape }]) =>
              [name, { dtype, shape, numel: shape.reduce((a, b) => a * b, 1) }] as const,
          );
        const bytes = encodeHeader(new Map(named), metadata);
        expect(bytes.length % 8).toBe(0);
        const length = Number(Buffer.from(bytes).readBigUInt64LE());
        expect(length).toBe(bytes.length - 8);
        const width = { float64: 8, float32: 4, bfloat16: 2, bool: 1 } as Record<string, number>;
        const data = named.reduce((sum, [, { dtype, numel }]) => sum + numel * width[dtype]!, 0);
        const parsed = parseHeader('again', bytes.subarray(8), bytes.length + data);
        expect(parsed.metadata).toEqual({ format: 'pt', ...metadata });
        expect([...parsed.entries.keys()].sort()).toEqual(named.map(([name]) => name).sort());
        for (const [name, { dtype, shape }] of named) {
          expect(parsed.entries.get(name)).toMatchObject({ dtype, shape });
        }
      }),
    );
  });
});
