import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { decoderTokenMemory, type Kernels, type TrainedPass } from './decoder-memory.ts';

/** D = 8, I = 12, four query heads and two key heads of 4. */
function configOf(modelType: string): DecoderConfig {
  const keys = {
    model_type: modelType,
    vocab_size: 24,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 4,
  };
  return parseConfig(keys, 'test') as DecoderConfig;
}

const OLD: Kernels = { fusedAttention: false, groupedHeads: false, fusedNorm: false, fusedLayers: false };
const FLASH: Kernels = { fusedAttention: true, groupedHeads: true, fusedNorm: true, fusedLayers: false };

const float32: TrainedPass = { device: 'cpu', dtype: 'float32', lora: false, length: 5 };
const bfloat16: TrainedPass = { ...float32, dtype: 'bfloat16' };

describe('decoderTokenMemory', () => {
  it('counts what composed operators keep, in float32', () => {
    // Norms 2 · (4 + 4) · 8; q and the output 2 · 16, keys and values 2 · 8; 5 probabilities of 4 heads; the inputs of
    // the projections 8 + 8 + 12; 3 · 12 of the MLP besides.
    const layer = 128 + 4 * (32 + 16) + 4 * 4 * 5 + 4 * (16 + 12) + 4 * 36;
    expect(decoderTokenMemory(configOf('qwen2'), { ...float32, kernels: OLD })).toEqual({
      layer,
      input: 4 * 8,
      gradients: 4 * (2 * 12 + 3 * 8),
      outside: 64 + 3 * 4 * 8,
    });
  });

  it('counts what fused operators keep, in bfloat16', () => {
    const layer = 2 * (2 * 8 + 4) + 2 * (32 + 16) + 4 * 4 + 2 * (16 + 12) + 2 * 36;
    expect(decoderTokenMemory(configOf('llama'), { ...bfloat16, kernels: FLASH })).toEqual({
      layer,
      input: 2 * 8,
      gradients: 2 * (2 * 12 + 3 * 8),
      outside: 2 * 8 + 4 + 3 * 2 * 8,
    });
  });

  it('adds the norms of heads, and keys and values that are repeated for query heads', () => {
    const of = (modelType: string, kernels: Kernels) =>
      decoderTokenMemory(configOf(modelType), { ...bfloat16, kernels }).layer;
    expect(of('qwen3', FLASH) - of('llama', FLASH)).toBe(2 * 16 + 4 + 2 * 8 + 4);
    expect(of('llama', { ...FLASH, groupedHeads: false }) - of('llama', FLASH)).toBe(2 * 2 * (16 - 8));
  });

  it('counts norms behind the blocks, and on both sides of them', () => {
    const of = (modelType: string) =>
      decoderTokenMemory(configOf(modelType), { ...bfloat16, kernels: FLASH });
    // OLMo 2 has norms of queries and keys besides; Gemma 3 those of heads too.
    const queryKeyNorms = 2 * 16 + 4 + 2 * 8 + 4;
    expect(of('olmo2').layer - of('llama').layer).toBe(queryKeyNorms);
    expect(of('gemma3_text').layer - of('llama').layer).toBe(queryKeyNorms + 2 * (2 * 8 + 4));
    for (const modelType of ['olmo2', 'gemma3_text'])
      expect(of(modelType).gradients - of('llama').gradients).toBe(2 * 8);
  });

  it('counts gains of 1 + w in float32 where operators compose them', () => {
    const of = (modelType: string) =>
      decoderTokenMemory(configOf(modelType), { ...bfloat16, kernels: OLD }).outside;
    expect(of('gemma3_text') - of('llama')).toBe(2 * 8);
  });

  it('keeps less with fused kernels', () => {
    const of = (modelType: string, fusedLayers: boolean, lora = false) =>
      decoderTokenMemory(configOf(modelType), { ...bfloat16, lora, kernels: { ...FLASH, fusedLayers } })
        .layer;
    expect(of('llama', false) - of('llama', true)).toBe(2 * 12);
    // The statistics of the norms are computed again; the joined projection keeps its values.
    expect(of('qwen3', false) - of('qwen3', true)).toBe(2 * 12 + 2 * 4 - 2 * 8);
    expect(of('qwen3', false, true) - of('qwen3', true, true)).toBe(2 * 12 + 2 * 4);
  });

  it('keeps probabilities twice where they are computed in another dtype', () => {
    const of = (length: number) =>
      decoderTokenMemory(configOf('llama'), { ...bfloat16, length, kernels: OLD }).layer;
    expect(of(6) - of(5)).toBe(4 * (4 + 2));
  });

  it('counts the float32 inputs of additions of a low rank in place of those of frozen layers', () => {
    const of = (lora: boolean) =>
      decoderTokenMemory(configOf('llama'), { ...bfloat16, lora, kernels: FLASH }).layer;
    expect(of(true) - of(false)).toBe(4 * (5 * 8 + 16 + 12) - 2 * (2 * 8 + 12));
  });
});
