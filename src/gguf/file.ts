/** @file GgufFile: an open GGUF file. Its header is in memory, its tensors are read in ranges when they are asked for. */
import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { openFile } from '../open-file.ts';
import { damaged } from './damage.ts';
import { type GgufHeader, type GgufTensor, readHeader } from './header.ts';
import type { Metadata } from './metadata.ts';

/** Whether a path that is to be a checkpoint is a GGUF file: a name that ends so, or a file where folders are expected. */
export function isGguf(path: string): boolean {
  return path.endsWith('.gguf') || statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** An open file. Close it. */
export class GgufFile implements GgufHeader {
  readonly path: string;
  readonly version: number;
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #descriptor: number;

  /** @throws UsageError naming the file and what is wrong in it */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openFile(path, unreadable);
    try {
      const { size } = fstatSync(this.#descriptor);
      const { version, metadata, tensors } = readHeader(path, this.#descriptor, size);
      this.version = version;
      this.metadata = metadata;
      this.tensors = tensors;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /** Fills `into` from the bytes of a tensor, from `offset` on. */
  read({ name, start, bytes }: GgufTensor, into: Uint8Array, offset = 0): void {
    if (offset + into.length > bytes) throw new RangeError(`${name} has ${bytes} bytes`);
    for (let done = 0; done < into.length; ) {
      const position = start + offset + done;
      const count = readSync(this.#descriptor, into, done, into.length - done, position);
      if (count === 0) throw damaged(this.path, `it ends at byte ${position}, in tensor "${name}"`);
      done += count;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The metadata of a file. */
export function readGgufMetadata(path: string): Metadata {
  using file = new GgufFile(path);
  return file.metadata;
}

function unreadable(what: string, cause: unknown): UsageError {
  return new UsageError(what, 'Name a GGUF file, or the folder of a checkpoint.', { cause });
}
