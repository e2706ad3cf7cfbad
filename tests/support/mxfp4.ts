/** A checkpoint of gpt_oss with its experts in MXFP4, written as OpenAI publishes it. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors } from '../../src/models/index.ts';
import { dispose, type Tensor, tensor } from '../../src/torch/index.ts';
import { writeTensors } from './fp8.ts';

const BLOCK = 32;

/** The value of a code by its definition: (−1)^s · 2^(e − 1) · 1.m, or 0.m where e is 0. */
function codeValue(code: number): number {
  const [sign, exponent, mantissa] = [code >> 3, (code >> 1) & 3, (code & 1) / 2];
  const size = exponent === 0 ? mantissa : 2 ** (exponent - 1) * (1 + mantissa);
  return sign === 1 ? -size : size;
}

const VALUES = Array.from({ length: 16 }, (_, code) => codeValue(code));

function nearestCode(value: number): number {
  const apart = VALUES.map((known) => Math.abs(known - value));
  return apart.indexOf(Math.min(...apart));
}

interface Quantised {
  /** uint8 [experts, out, blocks, 16] */
  readonly codes: Tensor;
  /** uint8 [experts, out, blocks] */
  readonly scales: Tensor;
  /** What they stand for, [experts, in, out]. */
  readonly values: Tensor;
}

/** Quantises a parameter [experts, in, out], `in` a multiple of 32. */
export function quantiseMxfp4(parameter: Tensor): Quantised {
  const [experts, inputs, out] = parameter.shape as [number, number, number];
  const rows = parameter.transpose(1, 2).contiguous().toFloat32Array();
  const blocks = inputs / BLOCK;
  const codes = new Uint8Array(rows.length / 2);
  const scales = new Uint8Array(rows.length / BLOCK);
  const values = new Float32Array(rows.length);
  for (const block of scales.keys()) {
    const own = rows.subarray(block * BLOCK, (block + 1) * BLOCK);
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 2 ** -100);
    // The largest value of E2M1 is 6.
    const exponent = Math.ceil(Math.log2(largest / 6));
    scales[block] = exponent + 127;
    for (const [i, value] of own.entries()) {
      const at = block * BLOCK + i;
      const code = nearestCode(value / 2 ** exponent);
      codes[at >> 1]! |= code << (at % 2 === 0 ? 0 : 4);
      values[at] = codeValue(code) * 2 ** exponent;
    }
  }
  return {
    codes: tensor(codes, [experts, out, blocks, BLOCK / 2]),
    scales: tensor(scales, [experts, out, blocks]),
    values: tensor(values, [experts, out, inputs]).transpose(1, 2).contiguous(),
  };
}

/**
 * Copies a checkpoint folder of one float32 file, its experts in MXFP4.
 * @returns what the quantised parameters stand for, by their names
 */
export function writeMxfp4Checkpoint(from: string, to: string): Map<string, Float32Array> {
  cpSync(from, to, { recursive: true });
  const { tensors } = readSafetensors(path.join(from, 'model.safetensors'));
  const written = new Map<string, { dtype: string; shape: readonly number[]; bytes: Uint8Array }>();
  const values = new Map<string, Float32Array>();
  for (const [name, weight] of tensors) {
    if (!/\.experts\.(?:gate_up|down)_proj$/.test(name)) {
      written.set(name, { dtype: 'F32', shape: weight.shape, bytes: weight.toBytes() });
      continue;
    }
    const quantised = quantiseMxfp4(weight);
    const { codes, scales } = quantised;
    written.set(`${name}_blocks`, { dtype: 'U8', shape: codes.shape, bytes: codes.toBytes() });
    written.set(`${name}_scales`, { dtype: 'U8', shape: scales.shape, bytes: scales.toBytes() });
    values.set(name, quantised.values.toFloat32Array());
    dispose([quantised]);
  }
  dispose(tensors);
  writeTensors(path.join(to, 'model.safetensors'), written);
  const config = path.join(to, 'config.json');
  const keys = JSON.parse(readFileSync(config, 'utf8')) as object;
  writeFileSync(config, JSON.stringify({ ...keys, quantization_config: { quant_method: 'mxfp4' } }));
  return values;
}
