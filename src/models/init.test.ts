import { describe, expect, it } from 'vitest';
import { scope, type Tensor } from '../torch/index.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import type { LanguageModel } from './language-model.ts';

const KEYS = {
  model_type: 'qwen2',
  vocab_size: 300,
  hidden_size: 64,
  intermediate_size: 256,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  initializer_range: 0.05,
};
const config = parseConfig(KEYS, 'test');

const weightOf = (model: LanguageModel, name: string): Tensor => model.stateDict().get(name)!;
const deviation = (parameter: Tensor): number => scope(() => parameter.square().mean().sqrt().item());

describe('initModel', () => {
  it('gives the same weights for a seed, others for another', () => {
    scope(() => {
      const weights = (seed: number): number[] =>
        weightOf(initModel(config, seed), 'model.layers.1.mlp.up_proj.weight').toArray();
      expect(weights(1)).toEqual(weights(1));
      expect(weights(1)).not.toEqual(weights(2));
    });
  });

  it('rounds the same weights to another dtype', () => {
    scope(() => {
      const [wide, narrow] = [initModel(config, 0), initModel(config, 0, { dtype: 'bfloat16' })];
      expect(narrow.dtype).toBe('bfloat16');
      const rounded = weightOf(wide, 'lm_head.weight').to('bfloat16').toArray();
      expect(weightOf(narrow, 'lm_head.weight').toArray()).toEqual(rounded);
    });
  });

  it('sets norms to 1 and biases to 0', () => {
    scope(() => {
      const model = initModel(config, 0, { scheme: 'scaled' });
      expect(weightOf(model, 'model.norm.weight').toArray()).toEqual(Array(64).fill(1));
      expect(weightOf(model, 'model.layers.0.self_attn.q_proj.bias').toArray()).toEqual(Array(64).fill(0));
    });
  });

  it('draws every matrix as wide as the configuration says', () => {
    scope(() => {
      for (const parameter of initModel(config, 0).parameters()) {
        if (parameter.ndim === 2) expect(deviation(parameter) / 0.05).toBeCloseTo(1, 1);
      }
    });
  });

  it('scales by fan-in and depth when asked', () => {
    scope(() => {
      const model = initModel(config, 0, { scheme: 'scaled' });
      const of = (name: string): number => deviation(weightOf(model, name));
      expect(of('model.embed_tokens.weight') / 0.02).toBeCloseTo(1, 1);
      expect(of('lm_head.weight') * 8).toBeCloseTo(1, 1);
      expect(of('model.layers.1.self_attn.k_proj.weight') * 8).toBeCloseTo(1, 1);
      // Two layers: √(2 · 2) = 2.
      expect(of('model.layers.1.self_attn.o_proj.weight') * 8 * 2).toBeCloseTo(1, 1);
      expect(of('model.layers.1.mlp.down_proj.weight') * 16 * 2).toBeCloseTo(1, 1);
    });
  });
});
