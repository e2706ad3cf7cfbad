/** @file Values of a tensor from and to the bytes of its quantised encoding. */
import type { BlockCodec } from './block.ts';
import { type EncodingName, encodingNamed } from './encodings.ts';
import { Q4_K, Q5_K, Q6_K } from './k-blocks.ts';
import { MXFP4, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 } from './simple-blocks.ts';

/** The encodings that are no plain floats. */
export type QuantisedName = Exclude<EncodingName, 'F32' | 'F16' | 'BF16'>;

const CODECS: Readonly<Record<QuantisedName, BlockCodec>> = {
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  MXFP4,
  Q4_K,
  Q5_K,
  Q6_K,
};

export function isQuantised(name: EncodingName): name is QuantisedName {
  return Object.hasOwn(CODECS, name);
}

/** The values of whole blocks. */
export function dequantise(name: QuantisedName, bytes: Uint8Array): Float32Array {
  const block = encodingNamed(name);
  const blocks = bytes.length / block.bytes;
  const values = new Float32Array(blocks * block.values);
  const { decode } = CODECS[name];
  for (let i = 0; i < blocks; i += 1) decode(bytes, i * block.bytes, values, i * block.values);
  return values;
}

/**
 * The blocks of values; their number is a multiple of the block's.
 * @throws TypeError for an encoding that no file is written in
 */
export function quantise(name: QuantisedName, values: Float32Array): Uint8Array {
  const block = encodingNamed(name);
  const blocks = values.length / block.values;
  const bytes = new Uint8Array(blocks * block.bytes);
  const { encode } = CODECS[name];
  if (encode === undefined) throw new TypeError(`${name} is read only`);
  for (let i = 0; i < blocks; i += 1) encode(values, i * block.values, bytes, i * block.bytes);
  return bytes;
}
