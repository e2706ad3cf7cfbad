/**
 * @file The safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes end to end.
 *
 * Files are read tensor by tensor, so that a checkpoint never lies in memory twice, and written under another name
 * first, so that an interrupted write leaves the old file. Left out: dtypes that this project has no use for.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { replaceFile } from '../run/atomic.ts';
import { type DType, empty, fromBytes, itemSize, type Tensor } from '../tensor/index.ts';

const DTYPES: Readonly<Record<string, DType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

const CODES = new Map(Object.entries(DTYPES).map(([code, dtype]) => [dtype, code]));

/** The format's own bound on the header. */
const MAX_HEADER = 100_000_000;

/** Where one tensor lies in a file. */
export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Byte offset in the file. */
  readonly start: number;
  readonly bytes: number;
}

/** An open safetensors file. */
export class SafetensorsFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #descriptor: number;

  /** @throws UserError naming the file when it is missing, truncated or no safetensors file */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = open(path);
    try {
      const { entries, metadata } = parseHeader(path, this.#descriptor);
      this.entries = entries;
      this.metadata = metadata;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /** Reads one tensor to the CPU in its own dtype. */
  read(name: string): Tensor {
    const entry = this.entries.get(name);
    if (entry === undefined) throw damaged(this.path, `it has no tensor "${name}"`);
    const bytes = new Uint8Array(entry.bytes);
    readExactly(this.path, this.#descriptor, bytes, entry.start);
    return entry.bytes === 0 ? empty(entry.shape, entry) : fromBytes(bytes, entry.dtype, entry.shape);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Reads a whole file. @throws UserError as SafetensorsFile does */
export function readSafetensors(path: string): { tensors: Map<string, Tensor>; metadata: Readonly<Record<string, string>> } {
  using file = new SafetensorsFile(path);
  const names = [...file.entries.keys()];
  return { tensors: new Map(names.map((name) => [name, file.read(name)])), metadata: file.metadata };
}

/** Writes tensors, in their order, atomically. `metadata` becomes `__metadata__`. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header = Buffer.from(JSON.stringify(headerOf(tensors, metadata)));
  // The format wants the data aligned to 8 bytes; spaces after the JSON are part of it.
  const padded = Buffer.concat([header, Buffer.alloc((8 - (header.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  await replaceFile(path, async (temporary) => {
    const descriptor = openSync(temporary, 'wx');
    try {
      for (const part of [length, padded]) writeAll(descriptor, part);
      for (const tensor of tensors.values()) writeAll(descriptor, tensor.toBytes());
    } finally {
      closeSync(descriptor);
    }
  });
}

function headerOf(tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>>) {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } };
  let offset = 0;
  for (const [name, tensor] of tensors) {
    const end = offset + tensor.numel * itemSize[tensor.dtype];
    header[name] = { dtype: CODES.get(tensor.dtype), shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  return header;
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written, bytes.length - written);
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new UserError(`${path} cannot be read: ${(cause as Error).message}`, 'check the path and its permissions', { cause });
  }
}

function damaged(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}`, 'the file is truncated or damaged: fetch or write it again');
}

function readExactly(path: string, descriptor: number, into: Uint8Array, position: number): void {
  let done = 0;
  while (done < into.length) {
    const count = readSync(descriptor, into, done, into.length - done, position + done);
    if (count === 0) throw damaged(path, `it ends at byte ${position + done}, ${into.length - done} bytes early`);
    done += count;
  }
}

function parseHeader(path: string, descriptor: number) {
  const size = fstatSync(descriptor).size;
  if (size < 8) throw damaged(path, `${size} bytes are no safetensors file`);
  const prefix = Buffer.alloc(8);
  readExactly(path, descriptor, prefix, 0);
  const length = Number(prefix.readBigUInt64LE());
  if (length > MAX_HEADER || 8 + length > size) throw damaged(path, `its header claims ${length} bytes of a file of ${size}`);
  const bytes = Buffer.alloc(length);
  readExactly(path, descriptor, bytes, 8);
  const { __metadata__: metadata = {}, ...tensors } = parseJson(path, bytes);
  const entries = new Map(Object.entries(tensors).map(([name, value]) => [name, entryOf(path, name, value, 8 + length)]));
  checkCoverage(path, entries, 8 + length, size);
  return { entries, metadata: metadata as Record<string, string> };
}

function parseJson(path: string, bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Reported below like every other header that is no object.
  }
  throw damaged(path, 'its header is not a JSON object');
}

function entryOf(path: string, name: string, value: unknown, base: number): TensorEntry {
  const { dtype: code, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount) || !Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw damaged(path, `tensor "${name}" has no valid shape and offsets`);
  }
  const dtype = DTYPES[String(code)];
  if (dtype === undefined) {
    throw new UserError(`${path}: tensor "${name}" has dtype ${String(code)}`, `known: ${Object.keys(DTYPES).join(', ')}`);
  }
  const bytes = offsets[1]! - offsets[0]!;
  const expected = shape.reduce((product, size) => product * size, 1) * itemSize[dtype];
  if (bytes !== expected) throw damaged(path, `tensor "${name}" has ${bytes} bytes, its shape needs ${expected}`);
  return { dtype, shape, start: base + offsets[0]!, bytes };
}

/** The tensors must cover the data without holes or overlaps, as the format demands. */
function checkCoverage(path: string, entries: ReadonlyMap<string, TensorEntry>, base: number, size: number): void {
  let end = base;
  const sorted = [...entries].sort(([, a], [, b]) => a.start - b.start || a.bytes - b.bytes);
  for (const [name, entry] of sorted) {
    if (entry.start !== end) throw damaged(path, `tensor "${name}" begins at byte ${entry.start}, not ${end}`);
    end += entry.bytes;
  }
  if (end !== size) throw damaged(path, `its tensors end at byte ${end}, the file at ${size}`);
}
