/**
 * @file The encodings with blocks of 256 values, whose scales are quantised too: Q4_K, Q5_K, Q6_K.
 *
 * Q4_K and Q5_K: eight groups of 32 values, x = (d·s)·q − (dmin·m), with s and m of six bits each. Q6_K: sixteen groups of
 * 16 values, x = (d·s)·(q − 32), s an int8. Layout: block_q4_K, block_q5_K, block_q6_K in ggml's src/ggml-common.h, and
 * get_scale_min_k4 in its src/ggml-quants.c for the packing of s and m.
 */
import { type BlockCodec, setU16, u16At } from './block.ts';
import { fitAffine, fitCentred } from './fit.ts';
import { HALF, toHalf } from './half.ts';

const VALUES = 256;
/** Values in a group of Q4_K and Q5_K, and groups in a block. */
const GROUP = 32;
const GROUPS = VALUES / GROUP;
/** The same of Q6_K. */
const SMALL_GROUP = 16;
const SMALL_GROUPS = VALUES / SMALL_GROUP;
const MOST_SCALE = 63;

/** s of group j: six bits, of the groups from 4 on in two parts. `at` is where the 12 bytes of scales begin. */
function scaleOf(bytes: Uint8Array, at: number, j: number): number {
  if (j < 4) return bytes[at + j]! & 63;
  return (bytes[at + j + 4]! & 15) | ((bytes[at + j - 4]! >> 6) << 4);
}

/** m of group j. */
function minimumOf(bytes: Uint8Array, at: number, j: number): number {
  if (j < 4) return bytes[at + j + 4]! & 63;
  return (bytes[at + j + 4]! >> 4) | ((bytes[at + j]! >> 6) << 4);
}

/** Writes s and m of group j; in order, from 0 on. */
function setScales(bytes: Uint8Array, at: number, j: number, [s, m]: readonly [number, number]): void {
  if (j < 4) {
    bytes[at + j] = s;
    bytes[at + j + 4] = m;
    return;
  }
  bytes[at + j + 4] = (s & 15) | ((m & 15) << 4);
  bytes[at + j - 4] = bytes[at + j - 4]! | ((s >> 4) << 6);
  bytes[at + j] = bytes[at + j]! | ((m >> 4) << 6);
}

/**
 * Q4_K and Q5_K. Group 2p has the low halves of 32 bytes, group 2p + 1 the high halves.
 * @param low - where the low four bits begin
 * @param high - where the fifth bits begin: value i of group j is bit j of byte i; null where there are none
 */
function decodeAffine(low: number, high: number | null): BlockCodec['decode'] {
  return (bytes, at, values, to) => {
    const d = HALF[u16At(bytes, at)]!;
    const dmin = HALF[u16At(bytes, at + 2)]!;
    for (let j = 0; j < GROUPS; j += 1) {
      const scale = Math.fround(d * scaleOf(bytes, at + 4, j));
      const minimum = Math.fround(dmin * minimumOf(bytes, at + 4, j));
      const from = at + low + (j >> 1) * GROUP;
      const shift = (j & 1) * 4;
      for (let i = 0; i < GROUP; i += 1) {
        const fifth = high === null ? 0 : (bytes[at + high + i]! >> j) & 1;
        const q = ((bytes[from + i]! >> shift) & 15) | (fifth << 4);
        values[to + j * GROUP + i] = Math.fround(scale * q) - minimum;
      }
    }
  };
}

const Q4_LOW = 16;

const encodeQ4: NonNullable<BlockCodec['encode']> = (values, from, bytes, at) => {
  const fits = Array.from({ length: GROUPS }, (_, j) =>
    fitAffine(values.subarray(from + j * GROUP, from + (j + 1) * GROUP), 15),
  );
  const d = Math.max(...fits.map(({ scale }) => scale)) / MOST_SCALE;
  const dmin = Math.max(...fits.map(({ minimum }) => minimum)) / MOST_SCALE;
  const halves = [toHalf(d), toHalf(dmin)] as const;
  setU16(bytes, at, halves[0]);
  setU16(bytes, at + 2, halves[1]);
  for (const [j, { scale, minimum }] of fits.entries()) {
    const s = d === 0 ? 0 : Math.min(MOST_SCALE, Math.round(scale / d));
    const m = dmin === 0 ? 0 : Math.min(MOST_SCALE, Math.round(minimum / dmin));
    setScales(bytes, at + 4, j, [s, m]);
    const [step, shift] = [HALF[halves[0]]! * s, HALF[halves[1]]! * m];
    const place = at + Q4_LOW + (j >> 1) * GROUP;
    for (let i = 0; i < GROUP; i += 1) {
      const x = values[from + j * GROUP + i]!;
      const q = step === 0 ? 0 : Math.max(0, Math.min(15, Math.round((x + shift) / step)));
      bytes[place + i] = (j & 1) === 0 ? q : bytes[place + i]! | (q << 4);
    }
  }
};

/** Where the parts of a block of Q6_K begin: low four bits, high two bits, scales, d. */
const Q6 = { low: 0, high: 128, scales: 192, d: 208 };

/** Byte and shift of the low four and the high two bits of value i: it lies in a half of 128, there in a row of 32. */
function placeOf(i: number): { low: number; lowShift: number; high: number; highShift: number } {
  const half = i >> 7;
  const row = (i >> 5) & 3;
  const column = i & 31;
  return {
    low: Q6.low + half * 64 + (row & 1) * 32 + column,
    lowShift: (row >> 1) * 4,
    high: Q6.high + half * 32 + column,
    highShift: row * 2,
  };
}

const PLACES = Array.from({ length: VALUES }, (_, i) => placeOf(i));

const decodeQ6: BlockCodec['decode'] = (bytes, at, values, to) => {
  const d = HALF[u16At(bytes, at + Q6.d)]!;
  for (let i = 0; i < VALUES; i += 1) {
    const { low, lowShift, high, highShift } = PLACES[i]!;
    const q = ((bytes[at + low]! >> lowShift) & 15) | (((bytes[at + high]! >> highShift) & 3) << 4);
    const s = (bytes[at + Q6.scales + (i >> 4)]! << 24) >> 24;
    values[to + i] = Math.fround(d * s) * (q - 32);
  }
};

const encodeQ6: NonNullable<BlockCodec['encode']> = (values, from, bytes, at) => {
  const scales = Array.from({ length: SMALL_GROUPS }, (_, j) =>
    fitCentred(values.subarray(from + j * SMALL_GROUP, from + (j + 1) * SMALL_GROUP), 32),
  );
  const most = scales.reduce((max, scale) => (Math.abs(scale) > Math.abs(max) ? scale : max), 0);
  // The largest scale is −128 of them exactly.
  const half = toHalf(most / -128);
  const d = HALF[half]!;
  bytes.fill(0, at, at + Q6.scales);
  setU16(bytes, at + Q6.d, half);
  for (const [j, scale] of scales.entries()) {
    const s = d === 0 ? 0 : Math.max(-128, Math.min(127, Math.round(scale / d)));
    bytes[at + Q6.scales + j] = s;
    for (let i = j * SMALL_GROUP; i < (j + 1) * SMALL_GROUP; i += 1) {
      const step = d * s;
      const q = step === 0 ? 0 : Math.max(-32, Math.min(31, Math.round(values[from + i]! / step)));
      const { low, lowShift, high, highShift } = PLACES[i]!;
      bytes[at + low] = bytes[at + low]! | (((q + 32) & 15) << lowShift);
      bytes[at + high] = bytes[at + high]! | (((q + 32) >> 4) << highShift);
    }
  }
};

export const Q4_K: BlockCodec = { decode: decodeAffine(Q4_LOW, null), encode: encodeQ4 };
export const Q5_K: BlockCodec = { decode: decodeAffine(48, 16) };
export const Q6_K: BlockCodec = { decode: decodeQ6, encode: encodeQ6 };
