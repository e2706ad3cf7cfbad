/** @file Small GGUF files for tests, as bytes. */
import { ALIGNMENT, bytesOf, encodeHeader, type TensorForm } from './encode.ts';
import { aligned } from './header.ts';
import type { TypedValue, TypedValues } from './metadata.ts';

/** Metadata of every type that is written. */
export const METADATA: TypedValues = new Map<string, TypedValue>([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['llama.block_count', { type: 'u32', value: 2 }],
  ['llama.rope.freq_base', { type: 'f32', value: 10_000 }],
  ['tokenizer.ggml.add_bos_token', { type: 'bool', value: true }],
  ['tokenizer.ggml.tokens', { type: 'strings', value: ['a', 'é', '東'] }],
  ['tokenizer.ggml.token_type', { type: 'i32s', value: [1, -1, 3] }],
  ['tokenizer.ggml.scores', { type: 'f32s', value: [0, -1.5, 2] }],
]);

export const TENSORS: readonly TensorForm[] = [
  { name: 'token_embd.weight', encoding: 'F32', shape: [3, 4] },
  { name: 'blk.0.ffn_up.weight', encoding: 'Q8_0', shape: [2, 64] },
  { name: 'output_norm.weight', encoding: 'F16', shape: [5] },
];

/** A file whose data are the bytes 0, 1, 2 … again and again. */
export function ggufBytes(
  metadata: TypedValues = METADATA,
  tensors: readonly TensorForm[] = TENSORS,
): Buffer {
  const header = encodeHeader(metadata, tensors);
  const parts: Buffer[] = [Buffer.alloc(aligned(header.length, ALIGNMENT))];
  header.copy(parts[0]!);
  for (const tensor of tensors) {
    const data = Buffer.alloc(aligned(bytesOf(tensor), ALIGNMENT));
    parts.push(data.map((_, i) => i % 251) as Buffer);
  }
  return Buffer.concat(parts);
}
