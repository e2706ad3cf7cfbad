/** A checkpoint in FP8, written as DeepSeek-V3's: E4M3 codes of the projections with a factor for each 128 × 128. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors } from '../../src/models/index.ts';
import { dispose } from '../../src/torch/index.ts';

const BLOCK = 128;

/** The largest value of E4M3. */
const LARGEST = 448;

/** The value of a code by its definition: (−1)^s · 2^(e − 7) · 1.m, or 2^−6 · 0.m where e is 0. */
export function codeValue(code: number): number {
  const [sign, exponent, mantissa] = [code >> 7, (code >> 3) & 15, (code & 7) / 8];
  const size = exponent === 0 ? 2 ** -6 * mantissa : 2 ** (exponent - 7) * (1 + mantissa);
  return sign === 1 ? -size : size;
}

const FINITE = Array.from({ length: 127 }, (_, code) => codeValue(code));

function nearestCode(value: number): number {
  const size = Math.abs(value);
  const apart = FINITE.map((known) => Math.abs(known - size));
  return apart.indexOf(Math.min(...apart)) + (value < 0 ? 128 : 0);
}

interface Quantised {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  /** What the codes stand for. */
  readonly values: Float32Array;
  readonly scalesShape: readonly [number, number];
}

/** Quantises a matrix of `columns` columns. */
export function quantiseFp8(weight: ArrayLike<number>, columns: number): Quantised {
  const rows = weight.length / columns;
  const scalesShape = [Math.ceil(rows / BLOCK), Math.ceil(columns / BLOCK)] as const;
  const blockOf = (i: number): number =>
    Math.floor(Math.floor(i / columns) / BLOCK) * scalesShape[1] + Math.floor((i % columns) / BLOCK);
  const scales = new Float32Array(scalesShape[0] * scalesShape[1]);
  for (let i = 0; i < weight.length; i++)
    scales[blockOf(i)] = Math.max(scales[blockOf(i)]!, Math.abs(weight[i]!) / LARGEST);
  const codes = Uint8Array.from(weight, (value, i) => nearestCode(value / scales[blockOf(i)]!));
  const values = Float32Array.from(codes, (code, i) => codeValue(code) * scales[blockOf(i)]!);
  return { codes, scales, values, scalesShape };
}

interface Written {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Writes a safetensors file of any dtypes. */
export function writeTensors(file: string, tensors: ReadonlyMap<string, Written>): void {
  let end = 0;
  const header = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const start = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file, Buffer.concat([length, json, ...[...tensors.values()].map(({ bytes }) => bytes)]));
}

/** The keys of config.json. */
export const FP8_KEYS = {
  activation_scheme: 'dynamic',
  fmt: 'e4m3',
  quant_method: 'fp8',
  weight_block_size: [BLOCK, BLOCK],
};

/**
 * Copies a checkpoint folder of one float32 file, its projections in FP8.
 * @returns what the quantised weights stand for, by their names
 */
export function writeFp8Checkpoint(from: string, to: string): Map<string, Float32Array> {
  cpSync(from, to, { recursive: true });
  const { tensors } = readSafetensors(path.join(from, 'model.safetensors'));
  const written = new Map<string, Written>();
  const values = new Map<string, Float32Array>();
  for (const [name, weight] of tensors) {
    const { shape } = weight;
    if (!/_proj(_with_mqa)?\.weight$/.test(name)) {
      written.set(name, { dtype: 'F32', shape, bytes: weight.toBytes() });
      continue;
    }
    const quantised = quantiseFp8(weight.toFloat32Array(), shape[1]!);
    const scales = new Uint8Array(quantised.scales.buffer);
    written.set(name, { dtype: 'F8_E4M3', shape, bytes: quantised.codes });
    written.set(`${name}_scale_inv`, { dtype: 'F32', shape: quantised.scalesShape, bytes: scales });
    values.set(name, quantised.values);
  }
  dispose(tensors);
  writeTensors(path.join(to, 'model.safetensors'), written);
  const config = path.join(to, 'config.json');
  const keys = JSON.parse(readFileSync(config, 'utf8')) as object;
  writeFileSync(config, JSON.stringify({ ...keys, quantization_config: FP8_KEYS }));
  return values;
}
