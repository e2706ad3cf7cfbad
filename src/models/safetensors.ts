/**
 * @file Safetensors files: read tensor by tensor, so that a checkpoint never lies in memory twice, and written under
 * another name first, so that an interrupted write leaves the old file.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { openFile } from '../open-file.ts';
import { replaceFile } from '../run/atomic.ts';
import type { FileSum } from '../run/checksum.ts';
import { empty, itemSize, noGrad, type Tensor } from '../torch/index.ts';
import {
  damaged,
  encodeHeader,
  type Header,
  MAX_HEADER,
  parseHeader,
  type TensorEntry,
} from './safetensors-header.ts';

/** How a pointer file begins that Git LFS leaves in place of a file it has not fetched. */
const LFS_POINTER = 'version ';
/** Bytes written at a time: node writes at most 2 GiB in one call. */
const CHUNK = 16 << 20;
/** Bytes read at a time, into one buffer for the whole file: buffers of a tensor each would lie in memory until they are collected. */
const READ = 1 << 20;

/** An open safetensors file. */
export class SafetensorsFile implements Header {
  readonly path: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #descriptor: number;
  #buffer: Uint8Array | undefined;

  /** @throws UserError naming the file when it is missing, truncated or no safetensors file */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openFile(path, unreadable);
    try {
      const { entries, metadata } = readHeader(path, this.#descriptor);
      this.entries = entries;
      this.metadata = metadata;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /**
   * Reads one tensor to the CPU in its own dtype.
   * @throws UserError for one in FP8, whose codes are no numbers
   */
  read(name: string): Tensor {
    const entry = this.#entry(name);
    if (entry.fp8 !== true) return this.#read(entry);
    throw new UserError(
      `${this.path}: tensor "${name}" is in FP8, which only weights of a checkpoint may be`,
      'convert it to float32 or bfloat16',
    );
  }

  /** The codes of a tensor in FP8, uint8 on the CPU. */
  readCodes(name: string): Tensor {
    return this.#read(this.#entry(name));
  }

  #read(entry: TensorEntry): Tensor {
    const tensor = empty(entry.shape, { dtype: entry.dtype });
    this.#fill(tensor, entry);
    return tensor;
  }

  /** Reads one tensor into another of its shape, converting dtype and device. */
  readInto(name: string, target: Tensor): void {
    const entry = this.#entry(name);
    if (entry.dtype === target.dtype && target.device === 'cpu') {
      this.#fill(target, entry);
    } else {
      using tensor = this.read(name);
      noGrad(() => target.copy_(tensor));
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #entry(name: string): TensorEntry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw damaged(this.path, `it has no tensor "${name}"`);
    return entry;
  }

  #fill(tensor: Tensor, { start, bytes }: TensorEntry): void {
    this.#buffer ??= new Uint8Array(READ);
    const buffer = this.#buffer;
    for (let done = 0; done < bytes; done += buffer.length) {
      const part = buffer.subarray(0, Math.min(buffer.length, bytes - done));
      readExactly(this.path, this.#descriptor, part, start + done);
      tensor.writeBytes(part, done);
    }
  }
}

/** Reads a whole file. @throws UserError as SafetensorsFile does */
export function readSafetensors(path: string): {
  tensors: Map<string, Tensor>;
  metadata: Header['metadata'];
} {
  using file = new SafetensorsFile(path);
  const names = [...file.entries.keys()];
  return { tensors: new Map(names.map((name) => [name, file.read(name)])), metadata: file.metadata };
}

/**
 * Writes tensors atomically, those of wider elements first. `metadata` becomes `__metadata__`.
 * @returns the sum of what was written: of the bytes in memory, so that a file that reads otherwise is found out
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<FileSum> {
  // Wider elements first keeps every tensor aligned to its element, as readers that map the file expect.
  const sorted = [...tensors].sort(([, a], [, b]) => itemSize[b.dtype] - itemSize[a.dtype]);
  const header = encodeHeader(new Map(sorted), metadata);
  const hash = createHash('sha256');
  let bytes = 0;
  await replaceFile(path, async (temporary) => {
    const descriptor = openSync(temporary, 'wx');
    try {
      bytes += writeAll(descriptor, header, hash);
      for (const [, tensor] of sorted) bytes += writeAll(descriptor, tensor.toBytes(), hash);
    } finally {
      closeSync(descriptor);
    }
  });
  return { bytes, sha256: hash.digest('hex') };
}

function unreadable(what: string, cause: unknown): UserError {
  return new UserError(what, 'check the path and its permissions', { cause });
}

function readHeader(path: string, descriptor: number): Header {
  const { size } = fstatSync(descriptor);
  if (size < 8) throw damaged(path, `${size} bytes are no safetensors file`);
  const prefix = Buffer.alloc(8);
  readExactly(path, descriptor, prefix, 0);
  if (prefix.toString('latin1') === LFS_POINTER) {
    throw new UserError(
      `${path}: a Git LFS pointer, not the weights it stands for`,
      'Fetch the real file with `git lfs pull`.',
    );
  }
  const length = Number(prefix.readBigUInt64LE());
  if (length > MAX_HEADER || 8 + length > size) {
    throw damaged(path, `its header claims ${length} bytes of a file of ${size}`);
  }
  const json = new Uint8Array(length);
  readExactly(path, descriptor, json, 8);
  return parseHeader(path, json, size);
}

function readExactly(path: string, descriptor: number, into: Uint8Array, position: number): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(descriptor, into, done, into.length - done, position + done);
    if (count === 0)
      throw damaged(path, `it ends at byte ${position + done}, ${into.length - done} bytes early`);
    done += count;
  }
}

/** Writes and hashes bytes; returns how many. */
function writeAll(descriptor: number, bytes: Uint8Array, hash: Hash): number {
  for (let done = 0; done < bytes.length; ) {
    const count = writeSync(descriptor, bytes, done, Math.min(CHUNK, bytes.length - done));
    hash.update(bytes.subarray(done, done + count));
    done += count;
  }
  return bytes.length;
}
