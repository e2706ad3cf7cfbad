/** @file BlockCodec: the interface of a quantised encoding, block by block. */

/** Reads and writes the blocks of one encoding. Arithmetic is that of float32, as in ggml. */
export interface BlockCodec {
  /**
   * The values of one block.
   * @param bytes - a buffer with the block
   * @param at - where the block begins
   * @param values - filled from `to` on
   */
  decode(bytes: Uint8Array, at: number, values: Float32Array, to: number): void;
  /** Writes one block of the values from `from` on; missing where no file is written in this encoding. */
  encode?(values: Float32Array, from: number, bytes: Uint8Array, at: number): void;
}

/** A little-endian float16 or other 16 bits. */
export function u16At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 255;
  bytes[at + 1] = value >> 8;
}
