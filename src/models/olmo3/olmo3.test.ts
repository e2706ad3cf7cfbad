import { describe, expect, it } from 'vitest';
import { configKeys, parseConfig } from '../config.ts';

const KEYS = {
  model_type: 'olmo3',
  vocab_size: 20,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 5,
  num_attention_heads: 2,
};

const scaling = { rope_type: 'yarn', factor: 8, original_max_position_embeddings: 8192 };
const yarn = { theta: 500_000, type: 'yarn', factor: 8, originalMaxPositions: 8192 };
const plain = { theta: 500_000, type: 'default' };

describe('the config.json of olmo3', () => {
  it.each([
    [{}, plain, plain],
    [{ rope_scaling: scaling }, yarn, plain],
    [
      { rope_scaling: scaling, rope_theta: 100 },
      { ...yarn, theta: 100 },
      { ...plain, theta: 100 },
    ],
    [{ rope_parameters: { full_attention: scaling } }, yarn, plain],
  ])('with %j scales the layers without a window alone', (changes, rope, localRope) => {
    const config = parseConfig({ ...KEYS, ...changes }, 'test');
    expect(config).toMatchObject({ rope, localRope, windows: [4096, 4096, 4096, null, 4096] });
    expect(parseConfig(configKeys(config, 'float32'), 'again')).toEqual(config);
  });
});
