import { describe, expect, it } from 'vitest';
import { configKeys, parseConfig } from '../config.ts';
import { initModel } from '../init.ts';
import { modelSizes } from '../sizes.ts';

const GEMMA3_1B = {
  model_type: 'gemma3_text',
  vocab_size: 262_144,
  hidden_size: 1152,
  intermediate_size: 6912,
  num_hidden_layers: 26,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  sliding_window: 512,
};

const parse = (changes: object = {}): ReturnType<typeof parseConfig> =>
  parseConfig({ ...GEMMA3_1B, num_hidden_layers: 2, ...changes }, 'config.json');

const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64 };

describe('the config.json of gemma3_text', () => {
  it('of Gemma-3-1B asks for its billion parameters, and a window in five of six layers', () => {
    const config = parseConfig(GEMMA3_1B, 'test');
    expect(modelSizes(config, 'bfloat16').parameters).toBe(999_885_952);
    const layers = (config as unknown as { windows: unknown[] }).windows.slice(0, 7);
    expect(layers).toEqual([512, 512, 512, 512, 512, null, 512]);
  });

  it.each([
    [{}, { theta: 1e6, type: 'default' }, { theta: 1e4, type: 'default' }],
    [
      { rope_theta: 500, rope_local_base_freq: 50, rope_scaling: { rope_type: 'linear', factor: 8 } },
      { theta: 500, type: 'linear', factor: 8 },
      { theta: 50, type: 'default' },
    ],
    [
      { rope_parameters: { full_attention: yarn, sliding_attention: { rope_type: 'linear', factor: 2 } } },
      { theta: 1e6, type: 'yarn', factor: 4, originalMaxPositions: 64 },
      { theta: 1e4, type: 'linear', factor: 2 },
    ],
  ])('with %j has angles of both kinds of layers', (changes, rope, localRope) => {
    const config = parse(changes);
    expect(config).toMatchObject({ rope, localRope });
    expect(parseConfig(configKeys(config, 'float32'), 'again')).toEqual(config);
  });

  it.each([
    [{ attn_logit_softcapping: 50 }, 'attn_logit_softcapping: 50 is not supported (only null)'],
    [
      { use_bidirectional_attention: true },
      'use_bidirectional_attention: true is not supported (only false)',
    ],
    [{ sliding_window: null }, 'sliding_window: null is not supported by this architecture'],
    [{ hidden_activation: 'mish' }, 'hidden_activation: "mish", expected "silu" or'],
    [
      { rope_parameters: { sliding_attention: { rope_type: 'mrope' } } },
      'rope_parameters.sliding_attention: rope type "mrope" is not supported',
    ],
  ])('is refused with %j', (changes, message) => {
    expect(() => parse(changes)).toThrow(`config.json: ${message}`);
  });
});

it('starts with norms that change nothing: their weights are 0', () => {
  const keys = { ...GEMMA3_1B, vocab_size: 8, hidden_size: 8, intermediate_size: 8, head_dim: 4 };
  const model = initModel(parseConfig({ ...keys, num_hidden_layers: 1 }, 'test'), 0);
  const norms = model.namedParameters().filter(([name]) => name.includes('norm'));
  expect(norms).toHaveLength(7);
  expect(new Set(norms.flatMap(([, weight]) => weight.toArray()))).toEqual(new Set([0]));
  model.dispose();
});
