import { describe, expect, it } from 'vitest';
import { configKeys, parseConfig } from '../config.ts';
import { initModel } from '../init.ts';
import { loraSchema, trainableParameters, withLora } from '../layers/index.ts';
import { modelSizes } from '../sizes.ts';

const PHI4_MINI = {
  model_type: 'phi3',
  vocab_size: 200_064,
  hidden_size: 3072,
  intermediate_size: 8192,
  num_hidden_layers: 32,
  num_attention_heads: 24,
  num_key_value_heads: 8,
  max_position_embeddings: 131_072,
  partial_rotary_factor: 0.75,
  tie_word_embeddings: true,
  sliding_window: 262_144,
};

const factors = {
  short_factor: Array<number>(48).fill(1),
  long_factor: Array<number>(48).fill(2),
};

const parse = (changes: object = {}): ReturnType<typeof parseConfig> =>
  parseConfig({ ...PHI4_MINI, num_hidden_layers: 1, ...changes }, 'config.json');

describe('the config.json of phi3', () => {
  it('of Phi-4-mini asks for its 3.8 billion parameters', () => {
    expect(modelSizes(parseConfig(PHI4_MINI, 'test'), 'bfloat16').parameters).toBe(3_836_021_760);
  });

  it.each([
    { rope_scaling: { type: 'longrope', ...factors } },
    { rope_scaling: { type: 'su', ...factors } },
    { rope_scaling: { type: 'yarn', ...factors } },
    { rope_scaling: { rope_type: 'longrope', ...factors, partial_rotary_factor: 0.75 } },
    { rope_parameters: { rope_type: 'longrope', ...factors, partial_rotary_factor: 0.75 } },
  ])('has longrope under each of its names: %j', (changes) => {
    const config = parse(changes);
    expect(config).toMatchObject({
      rope: { type: 'longrope', originalMaxPositions: 4096 },
      rotaryFactor: 0.75,
      cachedPositions: 4096,
    });
    expect(parseConfig(configKeys(config, 'float32'), 'again')).toEqual(config);
  });

  it.each([
    [
      { rope_scaling: { type: 'linear', factor: 2 } },
      'rope_scaling: rope type "linear" is not supported by this architecture (only default, longrope)',
    ],
    [{ partial_rotary_factor: 1.5 }, 'partial_rotary_factor: 1.5, expected a number of at most 1'],
    [
      { partial_rotary_factor: 0.4 },
      'partial_rotary_factor: 0.4 turns 51 of 128 dimensions, it must be an even number',
    ],
    [
      { rope_scaling: { type: 'longrope', ...factors, short_factor: [1] } },
      'short_factor of longrope has 1 numbers, 96 dimensions that turn take 48',
    ],
  ])('is refused with %j', (changes, message) => {
    expect(() => parse(changes)).toThrow(`config.json: ${message}`);
  });
});

it('takes LoRA on its fused layers, under their names', () => {
  const small = { vocab_size: 8, hidden_size: 8, intermediate_size: 8, head_dim: 8 };
  const model = withLora(initModel(parse(small), 0), loraSchema.parse({ rank: 1 }), 0);
  const names = trainableParameters(model).map(([name]) => name.replace('model.layers.0.', ''));
  expect(names.filter((name) => name.endsWith('.A'))).toEqual([
    'self_attn.qkv_proj.lora.A',
    'self_attn.o_proj.lora.A',
    'mlp.gate_up_proj.lora.A',
    'mlp.down_proj.lora.A',
  ]);
  model.dispose();
});
