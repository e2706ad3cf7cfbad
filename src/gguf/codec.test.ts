import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantise, type QuantisedName, quantise } from './codec.ts';
import { encodingNamed } from './encodings.ts';
import { HALF, toHalf } from './half.ts';

/** Bytes in base 64; see tests/reference/README.md. */
interface Reference {
  readonly encoding: QuantisedName;
  readonly values: string;
  readonly encoded: string;
  readonly decoded: string;
  readonly random: string;
  readonly randomDecoded: string;
  readonly rmse: number;
}

const file = path.resolve(import.meta.dirname, '../../tests/reference/gguf-blocks.json');
const references = JSON.parse(readFileSync(file, 'utf8')) as readonly Reference[];
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
const floatsOf = (text: string): Float32Array => new Float32Array(bytesOf(text).buffer);
const written = references.filter(({ encoding }) => ['Q5_0', 'Q8_0', 'Q4_K', 'Q6_K'].includes(encoding));

const rmseOf = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length);

describe('dequantise', () => {
  it.each(references)('gives the float32 of the gguf package: $encoding', (reference) => {
    const { encoding, encoded, decoded, random, randomDecoded } = reference;
    expect(dequantise(encoding, bytesOf(encoded))).toEqual(floatsOf(decoded));
    // Random bits but for the scales: each bit of a block counts.
    expect(dequantise(encoding, bytesOf(random))).toEqual(floatsOf(randomDecoded));
  });
});

describe('quantise', () => {
  it.each(written)('is as near as ggml: $encoding', ({ encoding, values, rmse }) => {
    const own = floatsOf(values);
    const error = rmseOf(dequantise(encoding, quantise(encoding, own)), own);
    // One block: over 400 of them the errors differ by less than 0.5 %.
    expect(error).toBeLessThan(rmse * 1.1);
  });

  it.each(written.filter(({ encoding }) => encoding === 'Q8_0' || encoding === 'Q5_0'))(
    'gives the bytes of ggml: $encoding',
    ({ encoding, values, encoded }) => {
      expect(quantise(encoding, floatsOf(values))).toEqual(bytesOf(encoded));
    },
  );

  it.each(written)('keeps what is exact in it, and zeros: $encoding', ({ encoding }) => {
    const zeros = new Float32Array(256);
    expect(dequantise(encoding, quantise(encoding, zeros)).every((value) => value === 0)).toBe(true);
  });

  it.each(written)('stays within a step of any values: $encoding', ({ encoding }) => {
    // Steps from the smallest to the largest value of a block, and the rounding of scales.
    const steps = { Q8_0: 254, Q5_0: 31, Q4_K: 15, Q6_K: 63 }[encoding as string]!;
    const { values: size } = encodingNamed(encoding);
    const value = fc.float({ min: -8, max: 8, noNaN: true }).map((one) => (Math.abs(one) < 1e-3 ? 0 : one));
    fc.assert(
      fc.property(fc.array(value, { minLength: size, maxLength: size }), (list) => {
        const own = Float32Array.from(list);
        const again = dequantise(encoding, quantise(encoding, own));
        const most = Math.max(...own.map(Math.abs));
        const farthest = Math.max(...own.map((one, i) => Math.abs(one - again[i]!)));
        expect(farthest).toBeLessThanOrEqual((most * 2 * 1.6) / steps + 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses an encoding that no file is written in', () => {
    expect(() => quantise('Q5_K', new Float32Array(256))).toThrow('Q5_K is read only');
  });
});

describe('half precision', () => {
  it('gives each float16 back', () => {
    for (let bits = 0; bits < 65_536; bits += 1) {
      const value = HALF[bits]!;
      if (Number.isNaN(value)) continue;
      if (toHalf(value) !== bits) expect([bits, toHalf(value)]).toEqual([bits, bits]);
    }
  });

  it.each([
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -25, 0],
    [2 ** -25 * 1.01, 1],
    [2 - 2 ** -12, 0x4000],
    [-Infinity, 0xfc00],
  ])('rounds %d to the nearest, ties to even', (value, bits) => {
    expect(toHalf(value)).toBe(bits);
  });
});
