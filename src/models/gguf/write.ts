/** @file Writing a GGUF file: header and tensors one after another, under another name until it is whole. */
import { closeSync, openSync, writeSync } from 'node:fs';
import {
  ALIGNMENT,
  aligned,
  bytesOf,
  encodeHeader,
  type TensorForm,
  type TypedValues,
} from '../../gguf/index.ts';
import { replaceFile } from '../../run/atomic.ts';

/** A tensor that is to be written. */
export interface WrittenTensor extends TensorForm {
  /** Its bytes in pieces, made as they are asked for. */
  pieces(): Iterable<Uint8Array>;
}

/** Writes a file atomically; returns its size in bytes. */
export async function writeGguf(
  path: string,
  metadata: TypedValues,
  tensors: readonly WrittenTensor[],
): Promise<number> {
  let size = 0;
  await replaceFile(path, async (temporary) => {
    const descriptor = openSync(temporary, 'wx');
    const write = (bytes: Uint8Array): void => {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
      size += bytes.length;
    };
    const pad = (): void => write(new Uint8Array(aligned(size, ALIGNMENT) - size));
    try {
      write(encodeHeader(metadata, tensors));
      for (const tensor of tensors) {
        pad();
        const end = size + bytesOf(tensor);
        for (const piece of tensor.pieces()) write(piece);
        if (size !== end) throw new RangeError(`${tensor.name}: ${size - end} bytes more than its shape has`);
      }
      pad();
    } finally {
      closeSync(descriptor);
    }
  });
  return size;
}
