import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  codeValue,
  FP8_KEYS,
  quantiseFp8,
  writeFp8Checkpoint,
  writeTensors,
} from '../../tests/support/fp8.ts';
import { randn, scope, tensor } from '../torch/index.ts';
import { loadModel, saveModel } from './checkpoint.ts';
import { parseConfig, readConfig } from './config.ts';
import { dequantiseFp8, E4M3, fp8Problem } from './fp8.ts';
import { initModel } from './init.ts';
import { SafetensorsFile } from './safetensors.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-fp8-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Wider than a block where it matters: 3 · 48 rows of kv_b_proj, 136 columns of down_proj. */
const KEYS = {
  model_type: 'deepseek_v3',
  vocab_size: 20,
  hidden_size: 12,
  intermediate_size: 136,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  q_lora_rank: null,
  kv_lora_rank: 8,
  qk_nope_head_dim: 24,
  qk_rope_head_dim: 4,
  v_head_dim: 24,
  first_k_dense_replace: 1,
  moe_intermediate_size: 10,
  n_routed_experts: 4,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  n_group: 2,
  topk_group: 1,
};

describe('E4M3', () => {
  it.each([
    [0x00, 0],
    [0x01, 2 ** -9],
    [0x07, 7 * 2 ** -9],
    [0x08, 2 ** -6],
    [0x38, 1],
    [0x39, 1.125],
    [0x7e, 448],
    [0xb8, -1],
    [0xfe, -448],
    [0x7f, Number.NaN],
    [0xff, Number.NaN],
  ])('of code %i is %f', (code, value) => expect(E4M3[code]).toBe(value));

  it('has the values of its definition', () => {
    for (let code = 0; code < 256; code++) if ((code & 127) !== 127) expect(E4M3[code]).toBe(codeValue(code));
  });
});

describe('dequantiseFp8', () => {
  it.each([
    [128, 128],
    [130, 257],
    [1, 3],
  ])('multiplies the codes of [%i, %i] by the factors of their blocks', (out, inputs) => {
    scope(() => {
      const quantised = quantiseFp8(randn([out, inputs]).toFloat32Array(), inputs);
      const codes = tensor(quantised.codes, [out, inputs]);
      const scales = tensor(quantised.scales, [...quantised.scalesShape]);
      const values = dequantiseFp8(codes, scales);
      expect([values.dtype, ...values.shape]).toEqual(['float32', out, inputs]);
      expect(values.toFloat32Array()).toEqual(quantised.values);
    });
  });
});

describe('a checkpoint in FP8', () => {
  async function written(name: string): Promise<{ dir: string; values: Map<string, Float32Array> }> {
    const plain = path.join(root, `${name}-plain`);
    const dir = path.join(root, name);
    const model = initModel(parseConfig(KEYS, 'test'), 0, { scheme: 'scaled' });
    await saveModel(model, plain);
    model.dispose();
    return { dir, values: writeFp8Checkpoint(plain, dir) };
  }

  it('is loaded as what its codes and factors stand for, and saved without them', async () => {
    const { dir, values } = await written('model');
    const model = loadModel(dir);
    for (const [name, expected] of values)
      expect(model.stateDict().get(name)!.toFloat32Array(), name).toEqual(expected);
    expect(values.size).toBe(4 * 2 + 3 + 3 * 5);
    const narrow = loadModel(dir, { dtype: 'bfloat16' });
    const o_proj = 'model.layers.0.self_attn.o_proj.weight';
    scope(() => {
      const rounded = model.stateDict().get(o_proj)!.to('bfloat16');
      expect(narrow.stateDict().get(o_proj)!.toArray()).toEqual(rounded.toArray());
    });
    const saved = path.join(root, 'saved');
    await saveModel(model, saved);
    expect(readConfig(saved)).toEqual(model.config);
    const again = loadModel(saved);
    expect(again.stateDict().get(o_proj)!.toArray()).toEqual(model.stateDict().get(o_proj)!.toArray());
    for (const one of [model, narrow, again]) one.dispose();
  });

  it.each([
    ['missing', undefined, /o_proj\.weight": its factors \(_scale_inv\) are missing, expected \[1, 1\]/],
    [
      'of another shape',
      [2, 1],
      /o_proj\.weight": its factors \(_scale_inv\) have shape \[2, 1\], expected \[1, 1\]/,
    ],
  ])('is refused with factors that are %s', async (name, shape, message) => {
    const { dir } = await written(name.replaceAll(' ', '-'));
    const scales = shape && { dtype: 'F32', shape, bytes: new Uint8Array(8) };
    const weight = 'model.layers.0.self_attn.o_proj.weight';
    const codes = { dtype: 'F8_E4M3', shape: [12, 72], bytes: new Uint8Array(12 * 72) };
    const tensors = new Map([[weight, codes], ...(scales ? [[`${weight}_scale_inv`, scales] as const] : [])]);
    writeTensors(path.join(dir, 'model.safetensors'), tensors);
    expect(() => loadModel(dir)).toThrow(message);
  });

  it('gives its codes only to whoever asks for codes', () => {
    const file = path.join(root, 'codes.safetensors');
    writeTensors(file, new Map([['a', { dtype: 'F8_E4M3', shape: [2], bytes: Uint8Array.of(0x38, 0xff) }]]));
    using open = new SafetensorsFile(file);
    expect(() => open.read('a')).toThrow('tensor "a" is in FP8');
    using codes = open.readCodes('a');
    expect(codes.toArray()).toEqual([0x38, 0xff]);
  });
});

describe('fp8Problem', () => {
  it.each<[object, string | null]>([
    [{}, null],
    [{ fmt: undefined }, null],
    [
      { quant_method: 'awq' },
      'quantization_config.quant_method: "awq", quantised weights are read as "fp8" only',
    ],
    [{ fmt: 'e5m2' }, 'quantization_config.fmt: "e5m2" is not supported (only "e4m3")'],
    [
      { weight_block_size: [64, 128] },
      'quantization_config.weight_block_size: [64,128] is not supported (only [128,128])',
    ],
    [
      { weight_block_size: undefined },
      'quantization_config.weight_block_size: missing is not supported (only [128,128])',
    ],
  ])('of %o is %s', (changes, message) => expect(fp8Problem({ ...FP8_KEYS, ...changes })).toBe(message));
});
