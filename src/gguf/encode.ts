/** @file The header of a GGUF file, version 3, as bytes: metadata, then name, shape, type and offset of each tensor. */
import { type EncodingName, encodedBytes, encodingNamed } from './encodings.ts';
import { aligned } from './header.ts';
import type { TypedValue, TypedValues } from './metadata.ts';

/** A tensor that is to be written. */
export interface TensorForm {
  readonly name: string;
  readonly encoding: EncodingName;
  /** Rows first. */
  readonly shape: readonly number[];
}

/** Each tensor's data begins at a multiple of it, the first right behind the header. */
export const ALIGNMENT = 32;

/** Bytes of a tensor's data. */
export function bytesOf({ encoding, shape }: TensorForm): number {
  return encodedBytes(
    encodingNamed(encoding),
    shape.reduce((product, one) => product * one, 1),
  );
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
};
const raw = (array: Float32Array | Int32Array): Buffer => Buffer.from(array.buffer);

/** Type numbers of docs/gguf.md. */
const TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 };

function encodeValue({ type, value }: TypedValue): Buffer[] {
  const array = (of: number): Buffer[] => [
    u32(TYPES.array),
    u32(of),
    u64((value as readonly unknown[]).length),
  ];
  switch (type) {
    case 'u32':
      return [u32(TYPES.u32), u32(value)];
    case 'f32':
      return [u32(TYPES.f32), raw(Float32Array.of(value))];
    case 'bool':
      return [u32(TYPES.bool), Buffer.of(value ? 1 : 0)];
    case 'string':
      return [u32(TYPES.string), text(value)];
    case 'strings':
      return [...array(TYPES.string), ...value.map(text)];
    case 'i32s':
      return [...array(TYPES.i32), raw(Int32Array.from(value))];
    case 'f32s':
      return [...array(TYPES.f32), raw(Float32Array.from(value))];
  }
}

/** The bytes before the data; the tensors lie in this order. */
export function encodeHeader(metadata: TypedValues, tensors: readonly TensorForm[]): Buffer {
  const parts = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(metadata.size)];
  for (const [key, value] of metadata) parts.push(text(key), ...encodeValue(value));
  let offset = 0;
  for (const tensor of tensors) {
    const { name, encoding, shape } = tensor;
    parts.push(text(name), u32(shape.length), ...shape.toReversed().map(u64));
    parts.push(u32(encodingNamed(encoding).id), u64(offset));
    offset = aligned(offset + bytesOf(tensor), ALIGNMENT);
  }
  return Buffer.concat(parts);
}
