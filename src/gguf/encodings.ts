/**
 * @file The encodings of tensors in a GGUF file: number, name, values in a block and bytes of a block.
 *
 * Source: the list of types in docs/gguf.md of ggml, and the block structures in its src/ggml-common.h.
 */

export type EncodingName =
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'MXFP4'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K';

/** How the values of a tensor are stored. */
export interface Encoding {
  readonly name: EncodingName;
  /** Its number in the file. */
  readonly id: number;
  /** Values in one block; a row is whole blocks. */
  readonly values: number;
  /** Bytes of one block. */
  readonly bytes: number;
}

const LIST: readonly Encoding[] = [
  { name: 'F32', id: 0, values: 1, bytes: 4 },
  { name: 'F16', id: 1, values: 1, bytes: 2 },
  { name: 'Q4_0', id: 2, values: 32, bytes: 18 },
  { name: 'Q4_1', id: 3, values: 32, bytes: 20 },
  { name: 'Q5_0', id: 6, values: 32, bytes: 22 },
  { name: 'Q5_1', id: 7, values: 32, bytes: 24 },
  { name: 'Q8_0', id: 8, values: 32, bytes: 34 },
  { name: 'Q4_K', id: 12, values: 256, bytes: 144 },
  { name: 'Q5_K', id: 13, values: 256, bytes: 176 },
  { name: 'Q6_K', id: 14, values: 256, bytes: 210 },
  { name: 'BF16', id: 30, values: 1, bytes: 2 },
  { name: 'MXFP4', id: 39, values: 32, bytes: 17 },
];

/** Names of the encodings that are not read, for messages. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
]);

const BY_ID = new Map(LIST.map((encoding) => [encoding.id, encoding]));
const BY_NAME = new Map(LIST.map((encoding) => [encoding.name, encoding]));

/** Names of all encodings that are read. */
export const ENCODINGS: readonly EncodingName[] = LIST.map(({ name }) => name);

/** The encoding with a number; undefined where it is not read. */
export function encodingOf(id: number): Encoding | undefined {
  return BY_ID.get(id);
}

export function encodingNamed(name: EncodingName): Encoding {
  return BY_NAME.get(name)!;
}

/** What an encoding that is not read is called: `IQ4_XS`, or `type 77` where the number has no name. */
export function nameOfOther(id: number): string {
  return OTHERS.get(id) ?? `type ${id}`;
}

/** Bytes of `numel` values; a whole number of blocks. */
export function encodedBytes({ values, bytes }: Encoding, numel: number): number {
  return (numel / values) * bytes;
}
