import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeTensors } from '../../tests/support/fp8.ts';
import { quantiseMxfp4, writeMxfp4Checkpoint } from '../../tests/support/mxfp4.ts';
import { empty, indices, noGrad, randn, scope, tensor } from '../torch/index.ts';
import { loadModel, saveModel } from './checkpoint.ts';
import { parseConfig, readConfig } from './config.ts';
import { storedWeights } from './convert.ts';
import { initModel } from './init.ts';
import { dequantiseMxfp4, mxfp4Shape } from './mxfp4.ts';
import { StoredCheckpoint } from './stored-checkpoint.ts';

const root = mkdtempSync(path.join(tmpdir(), 'aha-mxfp4-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const KEYS = {
  model_type: 'gpt_oss',
  vocab_size: 20,
  hidden_size: 64,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  head_dim: 4,
  num_local_experts: 2,
  num_experts_per_tok: 1,
};

const GATE_UP = 'model.layers.0.mlp.experts.gate_up_proj';
const DOWN = 'model.layers.0.mlp.experts.down_proj';

describe('dequantiseMxfp4', () => {
  it('has the sixteen values of E2M1, two in a byte, the lower first', () => {
    scope(() => {
      const codes = tensor(
        Uint8Array.from({ length: 16 }, (_, i) => ((2 * i) % 16) | (((2 * i + 1) % 16) << 4)),
        [1, 1, 1, 16],
      );
      const values = empty([1, 32, 1], { dtype: 'float32' });
      dequantiseMxfp4(codes, tensor(Uint8Array.of(128), [1, 1, 1]), values);
      const positive = [0, 1, 2, 3, 4, 6, 8, 12];
      const once = [...positive, ...positive.map((value) => -value)];
      expect(values.toArray().map((value) => value + 0)).toEqual(
        [...once, ...once].map((value) => value + 0),
      );
    });
  });

  it('scales by powers of two, and gives NaN for the scale 255', () => {
    scope(() => {
      const codes = tensor(new Uint8Array(4 * 16).fill(0x22), [1, 4, 1, 16]);
      const values = empty([1, 32, 4], { dtype: 'float32' });
      dequantiseMxfp4(codes, tensor(Uint8Array.of(127, 120, 0, 255), [1, 4, 1]), values);
      const first = values.select(1, 0).toArray();
      expect(first).toEqual([1, 2 ** -7, 2 ** -127, Number.NaN]);
    });
  });

  it('gives what was quantised, the parameter the other way around', () => {
    scope(() => {
      const shape = [3, 64, 5];
      const quantised = quantiseMxfp4(randn(shape));
      const values = empty(shape, { dtype: 'float32' });
      dequantiseMxfp4(quantised.codes, quantised.scales, values);
      expect(mxfp4Shape(quantised.codes.shape)).toEqual(shape);
      expect(values.toFloat32Array()).toEqual(quantised.values.toFloat32Array());
    });
  });
});

describe('a checkpoint with experts in MXFP4', () => {
  async function written(name: string) {
    const plain = path.join(root, `${name}-plain`);
    const dir = path.join(root, name);
    const model = initModel(parseConfig(KEYS, 'test'), 0, { scheme: 'scaled' });
    await saveModel(model, plain);
    model.dispose();
    return { dir, values: writeMxfp4Checkpoint(plain, dir) };
  }

  it('is loaded as what its codes stand for, and saved without them', async () => {
    const { dir, values } = await written('model');
    const [model, narrow] = [loadModel(dir), loadModel(dir, { dtype: 'bfloat16' })];
    expect([...values.keys()]).toEqual([GATE_UP, DOWN]);
    for (const [name, expected] of values) {
      expect(model.stateDict().get(name)!.toFloat32Array(), name).toEqual(expected);
      // No value of MXFP4 is rounded in bfloat16.
      scope(() => expect(narrow.stateDict().get(name)!.to('float32').toFloat32Array()).toEqual(expected));
    }
    const saved = path.join(root, 'saved');
    await saveModel(model, saved);
    expect(readConfig(saved)).toEqual(model.config);
    const again = loadModel(saved);
    const tokens = indices([1, 2, 3], [1, 3]);
    scope(() =>
      noGrad(() => expect(again.forward({ tokens }).toArray()).toEqual(model.forward({ tokens }).toArray())),
    );
    for (const one of [model, narrow, again]) one.dispose();
  });

  it('is read tensor by tensor, for conversions', async () => {
    const { dir, values } = await written('stored');
    expect(storedWeights(dir)).toBe('float32');
    using stored = new StoredCheckpoint(dir, readConfig(dir));
    for (const [name, expected] of values) {
      using read = stored.read(name)!;
      expect(read.toFloat32Array(), name).toEqual(expected);
    }
  });

  it.each([
    [
      'are missing',
      undefined,
      /gate_up_proj_blocks": its scales \(_scales\) are missing, expected \[2, 64, 2\]/,
    ],
    [
      'have another shape',
      [2, 64, 1],
      /gate_up_proj_blocks": its scales \(_scales\) have shape \[2, 64, 1\], expected \[2, 64, 2\]/,
    ],
  ])('is refused where scales %s', async (name, shape, message) => {
    const { dir } = await written(name.replaceAll(' ', '-'));
    const codes = { dtype: 'U8', shape: [2, 64, 2, 16], bytes: new Uint8Array(2 * 64 * 2 * 16) };
    const scales = shape && { dtype: 'U8', shape, bytes: new Uint8Array(2 * 64) };
    const tensors = new Map([
      [`${GATE_UP}_blocks`, codes],
      ...(scales ? [[`${GATE_UP}_scales`, scales] as const] : []),
    ]);
    writeTensors(path.join(dir, 'model.safetensors'), tensors);
    expect(() => loadModel(dir)).toThrow(message);
  });

  it('is refused where codes are no blocks of 16 bytes', async () => {
    const { dir } = await written('blocks');
    const codes = { dtype: 'U8', shape: [2, 64, 32], bytes: new Uint8Array(2 * 64 * 32) };
    writeTensors(path.join(dir, 'model.safetensors'), new Map([[`${GATE_UP}_blocks`, codes]]));
    expect(() => loadModel(dir)).toThrow(
      /gate_up_proj_blocks" has shape \[2, 64, 32\], codes of MXFP4 have \[experts, out, blocks, 16\]/,
    );
  });
});
