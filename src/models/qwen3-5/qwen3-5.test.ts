import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { type DType, indices, noGrad, scope, type Tensor, zeros } from '../../torch/index.ts';
import { loadModel, saveModel } from '../checkpoint.ts';
import { architectureOf, configKeys, parseConfig, readConfig } from '../config.ts';
import { initModel } from '../init.ts';
import { readSafetensors, writeSafetensors } from '../safetensors.ts';
import { modelSizes } from '../sizes.ts';
import { leftOut } from '../stored-types.ts';
import type { Qwen35Config } from './config.ts';

const KEYS = {
  model_type: 'qwen3_5_text',
  vocab_size: 20,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  linear_num_key_heads: 2,
  linear_num_value_heads: 4,
  linear_key_head_dim: 4,
  linear_value_head_dim: 6,
};

const parse = (changes: object = {}): Qwen35Config =>
  parseConfig({ ...KEYS, ...changes }, 'config.json') as Qwen35Config;

const root = mkdtempSync(path.join(tmpdir(), 'aha-qwen3-5-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the config.json of qwen3_5_text', () => {
  it.each([
    [{ linear_num_value_heads: 3 }, 'linear_num_value_heads 3 is no multiple of linear_num_key_heads 2'],
    [{ linear_conv_kernel_dim: 1 }, 'linear_conv_kernel_dim: 1, expected a number of at least 2'],
    [{ layer_types: ['full_attention'] }, 'layer_types: 1 entries for 4 layers'],
    [
      { layer_types: ['full_attention', 'sliding_attention', 'full_attention', 'full_attention'] },
      'layer_types: "sliding_attention" is not supported (only full_attention, linear_attention)',
    ],
    [
      { partial_rotary_factor: 0.2 },
      'partial_rotary_factor: 0.2 turns 3 of 16 dimensions, it must be an even number',
    ],
    [{ rope_parameters: { partial_rotary_factor: 2 } }, 'rope_parameters.partial_rotary_factor: 2, expected'],
    [{ num_key_value_heads: 3 }, 'num_attention_heads 4 is no multiple of num_key_value_heads 3'],
    [{ quantization_config: { quant_method: 'awq' } }, 'quantization_config.quant_method: "awq"'],
  ])('is refused with %o', (changes, message) => {
    expect(() => parse(changes)).toThrow(UserError);
    expect(() => parse(changes)).toThrow(`config.json: ${message}`);
  });

  it('has the defaults of transformers where it says nothing', () => {
    const [linear, full] = ['linear_attention', 'full_attention'];
    const { layerTypes, rotaryFactor, rotated, rope, maxPositions } = parse();
    expect(layerTypes).toEqual([linear, linear, linear, full]);
    expect([rotaryFactor, rotated, rope.theta, maxPositions]).toEqual([0.25, 4, 10_000, 32_768]);
    expect(parse({ full_attention_interval: 2 }).layerTypes).toEqual([linear, full, linear, full]);
  });

  it('is written so that it is read back the same', () => {
    const pictured = { mrope_section: [1, 1, 0], mrope_interleaved: true, partial_rotary_factor: 0.5 };
    for (const changes of [
      {},
      { rope_parameters: { rope_type: 'default', rope_theta: 1e7, ...pictured }, attention_bias: true },
      { rope_theta: 1e6, partial_rotary_factor: 0.75, linear_conv_kernel_dim: 3 },
      {
        rope_parameters: {
          rope_type: 'yarn',
          factor: 4,
          original_max_position_embeddings: 64,
          rope_theta: 100,
        },
      },
    ]) {
      const config = parse(changes);
      expect(parseConfig(configKeys(config, 'bfloat16'), 'written')).toEqual(config);
    }
    const { rope_parameters: rope } = configKeys(parse({ rope_parameters: pictured }), 'float32');
    expect(rope).toMatchObject(pictured);
  });

  it('of transformers’ defaults asks for 8.95 billion parameters, and 51 MB a row', () => {
    const config = parseConfig(
      {
        model_type: 'qwen3_5_text',
        vocab_size: 248_320,
        hidden_size: 4096,
        intermediate_size: 12_288,
        num_hidden_layers: 32,
        num_attention_heads: 16,
      },
      'config.json',
    );
    const { parameters, cacheBytesPerToken, stateBytesPerRow } = modelSizes(config, 'bfloat16');
    expect(parameters).toBe(8_953_803_264);
    // Eight layers with keys and values, 24 with a window in bfloat16 and a memory in float32.
    expect(cacheBytesPerToken).toBe(8 * 2 * 4 * 256 * 2);
    expect(stateBytesPerRow).toBe(24 * (3 * 8192 * 2 + 32 * 128 * 128 * 4));
  });

  it('has no GGUF form', () => {
    expect(architectureOf(parse()).gguf).toBeUndefined();
  });
});

describe('the config.json of qwen3_5', () => {
  const outer = { model_type: 'qwen3_5', vision_config: { depth: 2 } };
  const { model_type: _, ...text } = KEYS;

  it('is that of its text model', () => {
    expect(parseConfig({ ...outer, text_config: text }, 'config.json')).toEqual(parse());
    const tied = parseConfig({ ...outer, text_config: text, tie_word_embeddings: true }, 'config.json');
    expect(tied).toEqual(parse({ tie_word_embeddings: true }));
  });

  it.each([
    [{}, 'config.json: text_config: missing, expected the keys of the text model'],
    [{ text_config: { ...text, head_dim: 0 } }, 'config.json: text_config: head_dim: 0, expected'],
  ])('is refused with %o', (changes, message) => {
    expect(() => parseConfig({ ...outer, ...changes }, 'config.json')).toThrow(message);
  });
});

describe('the checkpoint of a vision-language model', () => {
  async function written(): Promise<{ text: string; pictured: string }> {
    const [text, pictured] = [path.join(root, 'text'), path.join(root, 'pictured')];
    const model = initModel(parse(), 0, { scheme: 'scaled' });
    await saveModel(model, text);
    await saveModel(model, pictured);
    model.dispose();
    const { tensors } = readSafetensors(path.join(text, 'model.safetensors'));
    const renamed = [...tensors].map(
      ([name, weight]) => [name.replace(/^model\./, 'model.language_model.'), weight] as const,
    );
    const spare = ['model.visual.blocks.0.attn.qkv.weight', 'model.visual.merger.norm.bias', 'mtp.fc.weight'];
    const all = new Map<string, Tensor>([...renamed, ...spare.map((name) => [name, zeros([2, 2])] as const)]);
    await writeSafetensors(path.join(pictured, 'model.safetensors'), all);
    for (const one of all.values()) one.dispose();
    const keys = configKeys(parse(), 'float32');
    const outer = { model_type: 'qwen3_5', text_config: keys, vision_config: { depth: 1 } };
    writeFileSync(path.join(pictured, 'config.json'), JSON.stringify(outer));
    return { text, pictured };
  }

  it('loads as its text model, names what is left out, and is saved as a text model', async () => {
    const { text, pictured } = await written();
    const [own, alone] = [loadModel(pictured), loadModel(text)];
    const tokens = indices([1, 2, 3, 4], [1, 4]);
    const logits = (model: typeof own): number[] =>
      scope(() => noGrad(() => model.forward({ tokens }).toArray()));
    expect(logits(own)).toEqual(logits(alone));
    expect(leftOut(pictured, readConfig(pictured))).toBe('model.visual (2 tensors), mtp (1 tensor)');
    expect(leftOut(text, readConfig(text))).toBeNull();
    const saved = path.join(root, 'saved');
    await saveModel(own, saved);
    expect(configKeys(readConfig(saved), 'float32')).toMatchObject({
      model_type: 'qwen3_5_text',
      architectures: ['Qwen3_5ForCausalLM'],
    });
    const again = loadModel(saved);
    expect(logits(again)).toEqual(logits(alone));
    for (const model of [own, alone, again]) model.dispose();
  });
});

describe('a new model', () => {
  it('starts as in transformers: norms multiply by 1, memories fade at rates drawn from (0.01, 16)', () => {
    const model = initModel(parse(), 3);
    const state = model.stateDict();
    const of = (name: string): number[] => state.get(`model.layers.0.${name}`)!.toArray();
    expect(new Set(of('input_layernorm.weight'))).toEqual(new Set([0]));
    expect(new Set(of('linear_attn.norm.weight'))).toEqual(new Set([1]));
    expect(new Set(of('linear_attn.dt_bias'))).toEqual(new Set([1]));
    for (const value of of('linear_attn.A_log')) {
      expect(Math.exp(value)).toBeGreaterThan(0.01);
      expect(Math.exp(value)).toBeLessThan(16);
    }
    model.dispose();
  });

  it('keeps what the memory fades by in float32 where it computes in bfloat16', () => {
    const model = initModel(parse(), 0, { dtype: 'bfloat16' });
    const dtypes = new Map(
      [...model.stateDict()].map(([name, { dtype }]) => [name, dtype] as [string, DType]),
    );
    expect(dtypes.get('model.layers.0.linear_attn.A_log')).toBe('float32');
    expect(dtypes.get('model.layers.0.linear_attn.in_proj_a.weight')).toBe('bfloat16');
    model.dispose();
  });
});
