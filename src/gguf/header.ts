/**
 * @file The header of a GGUF file: metadata, and name, encoding, shape and place of each tensor, checked before any is read.
 *
 * Layout (docs/gguf.md of ggml, versions 2 and 3): the magic `GGUF`, u32 version, u64 tensors, u64 keys; the keys with
 * their values; the tensors' names, dimensions (the fastest first), types and offsets; padding to `general.alignment`;
 * the data. Strings and arrays begin with a u64 length. Numbers are little-endian.
 */
import { Cursor } from './cursor.ts';
import { damaged, unsupported } from './damage.ts';
import { ENCODINGS, type Encoding, encodedBytes, encodingOf, nameOfOther } from './encodings.ts';
import { type GgufScalar, type GgufValue, Metadata } from './metadata.ts';

/** Where one tensor lies in a file. */
export interface GgufTensor {
  readonly name: string;
  readonly encoding: Encoding;
  /** Rows first, as in PyTorch: the reverse of the file's dimensions. */
  readonly shape: readonly number[];
  /** Byte in the file. */
  readonly start: number;
  readonly bytes: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const MAGIC = 'GGUF';
const VERSIONS = [2, 3];
const MAX_DIMENSIONS = 4;
/** Entries at most: more than any model there is has. A larger count is damage, and would fill the memory. */
const MAX_KEYS = 2 ** 16;
const MAX_TENSORS = 2 ** 20;
const MAX_ITEMS = 2 ** 24;
/** Fewest bytes that a key with its value, and a tensor's entry, can have. */
const LEAST_KEY = 8 + 4 + 1;
const LEAST_TENSOR = 8 + 4 + 8 + 4 + 8;
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 2 ** 16;

/**
 * @param path - for messages
 * @param size - bytes of the file
 * @throws UsageError naming what is wrong, at which key, tensor or byte
 */
export function readHeader(path: string, descriptor: number, size: number): GgufHeader {
  const cursor = new Cursor(path, descriptor, size);
  const version = readVersion(path, cursor, size);
  const tensorCount = countOf(path, cursor, 'tensors', LEAST_TENSOR, MAX_TENSORS);
  const keyCount = countOf(path, cursor, 'metadata keys', LEAST_KEY, MAX_KEYS);
  const metadata = readMetadata(path, cursor, keyCount);
  const alignment = alignmentOf(path, metadata);
  const entries = Array.from({ length: tensorCount }, (_, i) => readEntry(path, cursor, i));
  const base = aligned(cursor.position, alignment);
  return { version, metadata, tensors: placed(path, entries, { base, alignment, size }) };
}

/** The next multiple of `alignment`. */
export function aligned(position: number, alignment: number): number {
  return Math.ceil(position / alignment) * alignment;
}

function readVersion(path: string, cursor: Cursor, size: number): number {
  if (size < 24) throw damaged(path, `${size} bytes are no GGUF file`);
  const magic = cursor.bytes(4, 'the magic').toString('latin1');
  if (magic !== MAGIC) {
    throw damaged(path, `it begins with ${JSON.stringify(magic)}, a GGUF file with "${MAGIC}"`);
  }
  const version = cursor.u32('the version');
  if (VERSIONS.includes(version)) return version;
  const swapped = VERSIONS.includes(Buffer.from(Uint32Array.of(version).buffer).readUInt32BE());
  throw swapped
    ? unsupported(path, 'its numbers are big-endian', 'Use the little-endian file of the model.')
    : unsupported(
        path,
        `GGUF version ${version} is not supported (only ${VERSIONS.join(' and ')})`,
        'Write the file again with a current llama.cpp.',
      );
}

function countOf(path: string, cursor: Cursor, what: string, least: number, most: number): number {
  const count = cursor.count(`the number of ${what}`);
  if (count > most || count * least > cursor.left) {
    throw damaged(path, `it claims ${count} ${what}, ${cursor.left} bytes are left in the file`);
  }
  return count;
}

function readMetadata(path: string, cursor: Cursor, count: number): Metadata {
  const values = new Map<string, GgufValue>();
  for (let i = 0; i < count; i += 1) {
    const key = cursor.text(`metadata key ${i}`);
    if (!/^[\x21-\x7e]+$/.test(key)) throw damaged(path, `metadata key ${i} is ${JSON.stringify(key)}`);
    if (values.has(key)) throw damaged(path, `metadata has ${key} twice`);
    const type = cursor.u32(`the type of ${key}`);
    values.set(
      key,
      type === ARRAY ? readArray(path, cursor, key) : scalarOf(path, type, key).read(cursor, key),
    );
  }
  return new Metadata(path, values);
}

interface ScalarType {
  /** Fewest bytes one value takes. */
  readonly least: number;
  read(cursor: Cursor, what: string): GgufScalar;
}

const fixed = (least: number, take: (bytes: Buffer) => GgufScalar): ScalarType => ({
  least,
  read: (cursor, what) => take(cursor.bytes(least, what)),
});
/** 64-bit numbers beyond 2⁵³ stay what they are. */
const whole = (value: bigint): GgufScalar =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** The types of values, by their number. */
const SCALARS: readonly (ScalarType | null)[] = [
  fixed(1, (bytes) => bytes.readUInt8()),
  fixed(1, (bytes) => bytes.readInt8()),
  fixed(2, (bytes) => bytes.readUInt16LE()),
  fixed(2, (bytes) => bytes.readInt16LE()),
  fixed(4, (bytes) => bytes.readUInt32LE()),
  fixed(4, (bytes) => bytes.readInt32LE()),
  fixed(4, (bytes) => bytes.readFloatLE()),
  fixed(1, (bytes) => bytes.readUInt8() !== 0),
  { least: 8, read: (cursor, what) => cursor.text(what) },
  null,
  fixed(8, (bytes) => whole(bytes.readBigUInt64LE())),
  fixed(8, (bytes) => whole(bytes.readBigInt64LE())),
  fixed(8, (bytes) => bytes.readDoubleLE()),
];
const ARRAY = 9;

function scalarOf(path: string, type: number, key: string): ScalarType {
  const scalar = SCALARS[type];
  if (scalar != null) return scalar;
  const what = type === ARRAY ? 'an array of arrays' : `of the unknown type ${type}`;
  throw damaged(path, `metadata ${key} is ${what}`);
}

function readArray(path: string, cursor: Cursor, key: string): GgufScalar[] {
  const type = scalarOf(path, cursor.u32(`the type of ${key}`), key);
  const length = cursor.count(`the length of ${key}`);
  if (length > MAX_ITEMS || length * type.least > cursor.left) {
    throw damaged(path, `metadata ${key} claims ${length} items, ${cursor.left} bytes are left in the file`);
  }
  const items: GgufScalar[] = [];
  for (let i = 0; i < length; i += 1) items.push(type.read(cursor, key));
  return items;
}

function alignmentOf(path: string, metadata: Metadata): number {
  const alignment = metadata.count('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPower = alignment > 0 && (alignment & (alignment - 1)) === 0;
  if (isPower && alignment <= MAX_ALIGNMENT) return alignment;
  throw damaged(path, `metadata general.alignment is ${alignment}, expected a power of two`);
}

/** A tensor's entry: its offset counts from the beginning of the data. */
interface Entry extends Omit<GgufTensor, 'start'> {
  readonly offset: number;
}

function readEntry(path: string, cursor: Cursor, index: number): Entry {
  const name = cursor.text(`the name of tensor ${index}`);
  const what = `tensor ${JSON.stringify(name)}`;
  const dimensions = cursor.u32(`the dimensions of ${what}`);
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS)
    throw damaged(path, `${what} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.count(`the shape of ${what}`)).reverse();
  const id = cursor.u32(`the type of ${what}`);
  const offset = cursor.count(`the offset of ${what}`);
  const encoding = encodingOf(id);
  if (encoding === undefined) {
    throw unsupported(
      path,
      `${what} has the unsupported type ${nameOfOther(id)}`,
      `Use a file with ${ENCODINGS.join(', ')} only; llama-quantize of llama.cpp converts.`,
    );
  }
  const numel = shape.reduce((product, one) => product * one, 1);
  if (!Number.isSafeInteger(numel) || numel === 0)
    throw damaged(path, `${what} has the shape [${shape.join(', ')}]`);
  if (shape.at(-1)! % encoding.values !== 0) {
    throw damaged(
      path,
      `${what} has rows of ${shape.at(-1)}, ${encoding.name} takes multiples of ${encoding.values}`,
    );
  }
  return { name, encoding, shape, offset, bytes: encodedBytes(encoding, numel) };
}

interface Layout {
  /** Where the data begins. */
  readonly base: number;
  readonly alignment: number;
  /** Bytes of the file. */
  readonly size: number;
}

/** The tensors by name, each inside the file, aligned, and none over another. */
function placed(path: string, entries: readonly Entry[], layout: Layout): Map<string, GgufTensor> {
  const { base, alignment, size } = layout;
  let end = base;
  let before = '';
  for (const { name, offset, bytes } of entries.toSorted((a, b) => a.offset - b.offset)) {
    const start = base + offset;
    if (offset % alignment !== 0)
      throw damaged(path, `tensor "${name}" begins at ${offset}, no multiple of the alignment ${alignment}`);
    if (start < end) throw damaged(path, `tensor "${name}" overlaps "${before}"`);
    if (start + bytes > size) {
      throw damaged(path, `tensor "${name}" ends at byte ${start + bytes}, the file at ${size}`);
    }
    end = start + bytes;
    before = name;
  }
  const tensors = new Map<string, GgufTensor>();
  for (const { offset, ...entry } of entries) {
    if (tensors.has(entry.name)) throw damaged(path, `tensor "${entry.name}" is there twice`);
    tensors.set(entry.name, { ...entry, start: base + offset });
  }
  return tensors;
}
