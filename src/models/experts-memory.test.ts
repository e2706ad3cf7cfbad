import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import type { Kernels, TrainedPass } from './decoder-memory.ts';
import { expertsTokenMemory, meanLayer } from './experts-memory.ts';
import { tokenMemory } from './index.ts';

const COMPOSED: Kernels = {
  fusedAttention: false,
  groupedHeads: false,
  fusedNorm: false,
  fusedLayers: false,
};
const pass: TrainedPass = { device: 'cpu', dtype: 'float32', lora: false, length: 5, kernels: COMPOSED };
const shape = { hiddenSize: 8, width: 6, experts: 4, perToken: 2, sharedWidth: 3 };

describe('expertsTokenMemory', () => {
  it('counts what experts, shared experts and router keep, in float32', () => {
    const { kept, gradients } = expertsTokenMemory(shape, pass, false);
    // Sorted tokens and outputs 2 · 8 each; 4 · (2 · 6 + 3) of the blocks; scores 4 and weights 4; places 3 · 2 in int64.
    expect(kept).toBe(4 * (16 + 16 + 60) + 4 * (4 + 4) + 8 * 6);
    expect(gradients).toBe(4 * 9 * 8);
  });

  it('keeps the float32 input of the router in bfloat16, and with LoRA those of the adapted layers', () => {
    const narrow = { ...pass, dtype: 'bfloat16' } as const;
    const plain = expertsTokenMemory(shape, narrow, true).kept;
    expect(plain).toBe(2 * (16 + 16 + 45) + 4 * (8 + 4 + 4) + 2 * 2 + 8 * 6);
    const adapted = expertsTokenMemory(shape, { ...narrow, lora: true }, true).kept;
    expect(adapted - plain).toBe(4 * (2 * 16 + 16 + 15) - 2 * (16 + 15));
  });
});

it('meanLayer weighs layers with experts and without', () => {
  expect(meanLayer(4, 3, { dense: 100, sparse: 200 })).toBe(175);
});

describe('tokenMemory of models with experts', () => {
  const base = { vocab_size: 24, hidden_size: 8, intermediate_size: 12, num_attention_heads: 4 };
  const of = (keys: object) => tokenMemory(parseConfig({ ...base, ...keys }, 'test'), pass)!;

  it('replaces the blocks of qwen3_moe’s sparse layers alone', () => {
    const grouped = { num_key_value_heads: 2, head_dim: 4, num_hidden_layers: 2 };
    const experts = { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 6 };
    const dense = of({ model_type: 'qwen3', ...grouped });
    const half = of({ model_type: 'qwen3_moe', ...grouped, ...experts, mlp_only_layers: [0] });
    const kept = expertsTokenMemory({ ...shape, sharedWidth: 0 }, pass, false).kept;
    // A dense block keeps 4 · 12; both have the block's input.
    expect(half.layer - dense.layer).toBe((kept - 4 * 4 * 12) / 2);
    expect([half.input, half.outside]).toEqual([dense.input, dense.outside]);
  });

  it('counts latents, and heads of two widths, of deepseek_v3', () => {
    const latent = {
      model_type: 'deepseek_v3',
      num_hidden_layers: 1,
      first_k_dense_replace: 1,
      q_lora_rank: 6,
      kv_lora_rank: 5,
      qk_nope_head_dim: 4,
      qk_rope_head_dim: 2,
      v_head_dim: 3,
    };
    // Norms of 8, 8, 6 and 5 with their float32 copies; inputs of projections; q, k and v; 5 probabilities of 4 heads; the block.
    const norms = 8 * (8 + 8 + 6 + 5);
    const attention = 4 * (8 + 6 + 5 + 2 + 12) + 4 * (24 + 24 + 12) + 4 * 4 * 5;
    expect(of(latent).layer).toBe(norms + attention + 4 * (8 + 4 * 12));
  });
});
