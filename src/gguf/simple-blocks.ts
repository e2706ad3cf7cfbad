/**
 * @file The encodings with blocks of 32 values: Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, MXFP4.
 *
 * d (and m) are float16 at the front of a block. Q8_0: x = d·q, q an int8. Q4_0, Q5_0: x = d·(q − 8), d·(q − 16).
 * Q4_1, Q5_1: x = d·q + m. The low four bits of value i are the low half of byte i, those of value i + 16 its high half;
 * the fifth bits are a u32 before them, value i at bit i. MXFP4: one byte e, then the halves of bytes in the same order, codes
 * of E2M1; x = 2^(e − 127) times the code's value. Layout: block_q4_0 … block_q8_0 in ggml's src/ggml-common.h;
 * rounding when encoding as in its reference functions (src/ggml-quants.c, quantize_row_q8_0_ref and quantize_row_q5_0_ref).
 */
import { type BlockCodec, setU16, u16At } from './block.ts';
import { HALF, toHalf } from './half.ts';

const VALUES = 32;
const PAIRS = VALUES / 2;

/** Where the parts of a block with four or five bits lie. */
interface Nibbles {
  /** Bytes before the low bits. */
  readonly low: number;
  /** Where the fifth bits begin; null where there are none. */
  readonly high: number | null;
  /** Taken from each number; with m, which is added after d, it is 0. */
  readonly centre: number;
  /** Whether m follows d. */
  readonly hasMinimum: boolean;
}

function decodeNibbles(layout: Nibbles): BlockCodec['decode'] {
  const { low, high, centre, hasMinimum } = layout;
  return (bytes, at, values, to) => {
    const d = HALF[u16At(bytes, at)]!;
    // −0 added changes nothing, not even the sign of a zero.
    const m = hasMinimum ? HALF[u16At(bytes, at + 2)]! : -0;
    const fifth = high === null ? 0 : u16At(bytes, at + high) | (u16At(bytes, at + high + 2) << 16);
    for (let i = 0; i < PAIRS; i += 1) {
      const byte = bytes[at + low + i]!;
      const first = (byte & 15) | (((fifth >>> i) & 1) << 4);
      const second = (byte >> 4) | (((fifth >>> (i + PAIRS)) & 1) << 4);
      values[to + i] = d * (first - centre) + m;
      values[to + i + PAIRS] = d * (second - centre) + m;
    }
  };
}

const decodeQ8: BlockCodec['decode'] = (bytes, at, values, to) => {
  const d = HALF[u16At(bytes, at)]!;
  for (let i = 0; i < VALUES; i += 1) values[to + i] = d * ((bytes[at + 2 + i]! << 24) >> 24);
};

/** Of the values of a block, the one farthest from 0. */
function farthest(values: Float32Array, from: number): number {
  let most = 0;
  for (let i = from; i < from + VALUES; i += 1) if (Math.abs(values[i]!) > Math.abs(most)) most = values[i]!;
  return most;
}

const encodeQ8: NonNullable<BlockCodec['encode']> = (values, from, bytes, at) => {
  const d = Math.fround(Math.abs(farthest(values, from)) / 127);
  const inverse = d === 0 ? 0 : Math.fround(1 / d);
  setU16(bytes, at, toHalf(d));
  for (let i = 0; i < VALUES; i += 1) {
    const scaled = Math.fround(values[from + i]! * inverse);
    // Halves go away from zero.
    bytes[at + 2 + i] = scaled < 0 ? -((0.5 - scaled) | 0) : (scaled + 0.5) | 0;
  }
};

/** The value farthest from 0 is −16·d exactly, so d may be negative. */
const encodeQ5: NonNullable<BlockCodec['encode']> = (values, from, bytes, at) => {
  const d = Math.fround(farthest(values, from) / -16);
  const inverse = d === 0 ? 0 : Math.fround(1 / d);
  const number = (i: number): number =>
    Math.min(31, Math.trunc(Math.fround(Math.fround(values[from + i]! * inverse) + 16.5)));
  setU16(bytes, at, toHalf(d));
  let fifth = 0;
  for (let i = 0; i < PAIRS; i += 1) {
    const [first, second] = [number(i), number(i + PAIRS)];
    bytes[at + 6 + i] = (first & 15) | ((second & 15) << 4);
    fifth |= ((first >> 4) << i) | ((second >> 4) << (i + PAIRS));
  }
  setU16(bytes, at + 2, fifth & 0xffff);
  setU16(bytes, at + 4, fifth >>> 16);
};

/** Twice the value of each code of E2M1: a sign, two bits of exponent, one of mantissa. */
const TWICE_E2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

const decodeMxfp4: BlockCodec['decode'] = (bytes, at, values, to) => {
  const half = 2 ** (bytes[at]! - 128);
  for (let i = 0; i < PAIRS; i += 1) {
    const byte = bytes[at + 1 + i]!;
    values[to + i] = half * TWICE_E2M1[byte & 15]!;
    values[to + i + PAIRS] = half * TWICE_E2M1[byte >> 4]!;
  }
};

export const MXFP4: BlockCodec = { decode: decodeMxfp4 };
export const Q8_0: BlockCodec = { decode: decodeQ8, encode: encodeQ8 };
export const Q4_0: BlockCodec = {
  decode: decodeNibbles({ low: 2, high: null, centre: 8, hasMinimum: false }),
};
export const Q4_1: BlockCodec = {
  decode: decodeNibbles({ low: 4, high: null, centre: 0, hasMinimum: true }),
};
export const Q5_0: BlockCodec = {
  decode: decodeNibbles({ low: 6, high: 2, centre: 16, hasMinimum: false }),
  encode: encodeQ5,
};
export const Q5_1: BlockCodec = {
  decode: decodeNibbles({ low: 8, high: 4, centre: 0, hasMinimum: true }),
};
