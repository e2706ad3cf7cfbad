/**
 * @file The header of a safetensors file: names, dtypes, shapes and places of its tensors, checked before any is read.
 *
 * Layout: 8 bytes of header length (little endian), a JSON object, then the tensors' bytes end to end. Of the 8-bit floats
 * E4M3 is read, as codes (fp8.ts); other dtypes that this project has no use for are left out.
 */
import { UserError } from '../errors.ts';
import { isJsonObject } from '../records.ts';
import { type DType, itemSize } from '../torch/index.ts';

const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

/** E4M3: torch has no such dtype before 2.1. */
const FP8 = 'F8_E4M3';

const CODES: ReadonlyMap<DType, string> = new Map([...DTYPES].map(([code, dtype]) => [dtype, code]));

/** The format's own bound on the header, bytes. */
export const MAX_HEADER = 100_000_000;

/** Where one tensor lies in a file. */
export interface TensorEntry {
  /** uint8 of codes where `fp8`. */
  readonly dtype: DType;
  /** The bytes are codes of E4M3. */
  readonly fp8?: boolean;
  /** What the file calls its type, where that is no dtype: `f8_e4m3`, `q4_k`. */
  readonly encoding?: string;
  readonly shape: readonly number[];
  /** Byte offset in the file. */
  readonly start: number;
  readonly bytes: number;
}

export interface Header {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** `__metadata__`: strings by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file that is not what a safetensors file must be. */
export function damaged(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}`, 'the file is truncated or damaged: fetch or write it again');
}

/**
 * @param path - for messages
 * @param json - the header's bytes
 * @param fileSize - bytes of the whole file
 * @throws UserError where an entry is malformed, or the tensors overlap, leave holes or do not end with the file
 */
export function parseHeader(path: string, json: Uint8Array, fileSize: number): Header {
  const { __metadata__: metadata = {}, ...tensors } = parseObject(path, json);
  if (!isJsonObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw damaged(path, '__metadata__ is not an object of strings');
  }
  const base = 8 + json.length;
  const entries = new Map(
    Object.entries(tensors).map(([name, value]) => [name, entryOf(path, name, value, base)]),
  );
  checkCoverage(path, entries, base, fileSize);
  return { entries, metadata: metadata as Record<string, string> };
}

function parseObject(path: string, json: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    value = undefined;
  }
  if (!isJsonObject(value)) throw damaged(path, 'its header is not a JSON object');
  return value;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function entryOf(path: string, name: string, value: unknown, base: number): TensorEntry {
  const fields: { readonly [name: string]: unknown } = isJsonObject(value) ? value : {};
  const { dtype: code, shape, data_offsets: offsets } = fields;
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw damaged(path, `tensor "${name}" has no valid shape and data_offsets`);
  }
  const fp8 = code === FP8;
  const dtype = fp8 ? 'uint8' : DTYPES.get(String(code));
  if (dtype === undefined) {
    const known = [...DTYPES.keys(), FP8].join(', ');
    throw new UserError(
      `${path}: tensor "${name}" has the unsupported dtype ${String(code)}`,
      `convert it to one of ${known}`,
    );
  }
  const [start, end] = offsets as [number, number];
  const expected = shape.reduce((product, size) => product * size, itemSize[dtype]);
  if (end - start !== expected) {
    throw damaged(path, `tensor "${name}" has ${end - start} bytes, its shape needs ${expected}`);
  }
  return { dtype, shape, start: base + start, bytes: expected, ...(fp8 && { fp8, encoding: 'f8_e4m3' }) };
}

/** The tensors must cover the data without holes or overlaps, as the format demands. */
function checkCoverage(
  path: string,
  entries: ReadonlyMap<string, TensorEntry>,
  base: number,
  size: number,
): void {
  let end = base;
  const sorted = [...entries].sort(([, a], [, b]) => a.start - b.start || a.bytes - b.bytes);
  for (const [name, entry] of sorted) {
    if (entry.start !== end)
      throw damaged(path, `tensor "${name}" begins at byte ${entry.start}, not ${end}`);
    end += entry.bytes;
  }
  if (end !== size) throw damaged(path, `its tensors end at byte ${end}, the file at ${size}`);
}

/** The first bytes of a file that holds these tensors in this order: length and JSON, padded to 8 bytes. */
export function encodeHeader(
  tensors: ReadonlyMap<
    string,
    { readonly dtype: DType; readonly shape: readonly number[]; readonly numel: number }
  >,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: [string, unknown][] = [['__metadata__', { format: 'pt', ...metadata }]];
  let offset = 0;
  for (const [name, { dtype, shape, numel }] of tensors) {
    const end = offset + numel * itemSize[dtype];
    header.push([name, { dtype: CODES.get(dtype), shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  // The data begins at a multiple of 8 bytes; spaces behind the JSON are part of the format.
  const padded = json.length + ((8 - (json.length % 8)) % 8);
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  json.copy(bytes, 8);
  return bytes;
}
