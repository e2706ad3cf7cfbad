import { describe, expect, it } from 'vitest';
import { scope } from '../torch/index.ts';
import { parseConfig } from './config.ts';
import { initModel } from './init.ts';
import { modelParts, modelSizes } from './sizes.ts';

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

describe('modelSizes', () => {
  it('counts what a model has', () => {
    const attention = 64 * 64 + 64 + 2 * (32 * 64 + 32) + 64 * 64;
    const layer = attention + 3 * 64 * 256 + 2 * 64;
    const parameters = 2 * layer + 64 + 2 * 300 * 64;
    expect(modelSizes(config, 'bfloat16')).toEqual({
      parameters,
      // A tie aside, the embedding is looked up, not computed with.
      active: parameters - 300 * 64,
      inner: 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 64 * 256),
      bytes: 2 * parameters,
      cacheBytesPerToken: 2 * 2 * 2 * 16 * 2,
      stateBytesPerRow: 0,
    });
    const tied = parseConfig({ ...KEYS, tie_word_embeddings: true }, 'test');
    expect(modelSizes(tied)).toMatchObject({
      parameters: parameters - 300 * 64,
      active: parameters - 300 * 64,
    });
    expect(
      scope(() =>
        initModel(config, 0)
          .parameters()
          .reduce((sum, { numel }) => sum + numel, 0),
      ),
    ).toBe(parameters);
  });

  it('takes no memory: the parameters of Qwen2.5-72B', () => {
    const large = parseConfig(
      {
        model_type: 'qwen2',
        vocab_size: 152_064,
        hidden_size: 8192,
        intermediate_size: 29_568,
        num_hidden_layers: 80,
        num_attention_heads: 64,
        num_key_value_heads: 8,
      },
      'test',
    );
    expect(modelSizes(large).parameters).toBe(72_706_203_648);
  });
});

/** `deepseek-ai/DeepSeek-V3`; what it leaves out is transformers' default. */
const DEEPSEEK_V3 = {
  model_type: 'deepseek_v3',
  vocab_size: 129_280,
  hidden_size: 7168,
  intermediate_size: 18_432,
};
const V3_LAYERS = {
  num_hidden_layers: 61,
  num_attention_heads: 128,
  n_shared_experts: 1,
  n_group: 8,
  topk_group: 4,
};

describe('modelParts', () => {
  it('are all parameters of DeepSeek-V3, of which 8 of 256 experts read a token', () => {
    const v3 = parseConfig({ ...DEEPSEEK_V3, ...V3_LAYERS }, 'test');
    const parts = modelParts(v3);
    const sum = (of: 'parameters' | 'active') => parts.reduce((total, part) => total + part[of], 0);
    const { parameters, active } = modelSizes(v3);
    expect([sum('parameters'), sum('active')]).toEqual([parameters, active]);
    // The figures of the report, arXiv 2412.19437.
    expect([(parameters / 1e9).toFixed(0), (active / 1e9).toFixed(0)]).toEqual(['671', '37']);
    const expert = 3 * 7168 * 2048;
    const named = new Map(parts.map((part) => [part.part, part]));
    expect(named.get('experts')).toEqual({
      part: 'experts',
      tensors: 58 * 256 * 3,
      parameters: 58 * 256 * expert,
      active: 58 * 8 * expert,
    });
    expect(named.get('router')).toMatchObject({ parameters: 58 * 256 * (7168 + 1) });
    expect(named.get('shared experts')).toMatchObject({ active: 58 * expert });
    expect(named.get('embedding')).toMatchObject({ parameters: 129_280 * 7168, active: 0 });
    expect([...named.keys()]).not.toContain('other');
  });
});
