import { describe, expect, it } from 'vitest';
import { Generator, indices, noGrad, randn, scope, tensor } from '../torch/index.ts';
import { parseConfig } from './config.ts';
import { balanceExperts, busiest, hasExpertBiases } from './expert-load.ts';
import { initModel } from './init.ts';
import type { LanguageModel } from './language-model.ts';
import { loraSchema, withLora } from './layers/index.ts';

const KEYS = {
  model_type: 'deepseek_v3',
  vocab_size: 12,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  q_lora_rank: null,
  kv_lora_rank: 4,
  qk_nope_head_dim: 4,
  qk_rope_head_dim: 4,
  v_head_dim: 4,
  first_k_dense_replace: 0,
  moe_intermediate_size: 4,
  n_routed_experts: 4,
  num_experts_per_tok: 1,
};

const modelOf = (changes: object = {}): LanguageModel =>
  initModel(parseConfig({ ...KEYS, ...changes }, 'test'), 0, { scheme: 'scaled' });

const biasesOf = (model: LanguageModel): number[] =>
  model.stateDict().get('model.layers.0.mlp.gate.e_score_correction_bias')!.toArray().map(Number);

/** A model that sends all tokens to the expert 2. */
function oneSided(): LanguageModel {
  const model = modelOf();
  scope(() =>
    noGrad(() => {
      const gate = 'model.layers.0.mlp.gate';
      model.stateDict().get(`${gate}.weight`)!.zero_();
      model
        .stateDict()
        .get(`${gate}.e_score_correction_bias`)!
        .copy_(tensor([0, 0, 0.05, 0]));
    }),
  );
  return model.requiresGrad_();
}

const tokens = indices([1, 2, 3, 4, 5, 6], [2, 3]);
const train = (model: LanguageModel): void =>
  scope(() => {
    model.forward({ tokens }).sum().backward();
  });

describe('balanceExperts', () => {
  it('lowers the bias of the busy expert and raises those of the idle ones until the load is even', () => {
    const model = oneSided();
    train(model);
    // 6 of 6 tokens, where the mean is 1.5.
    const loads = balanceExperts(model, 0.02);
    expect(loads.map((load) => [load.layer, ...load.tokens])).toEqual([['model.layers.0.mlp', 0, 0, 6, 0]]);
    expect(busiest(loads[0]!)).toBe(4);
    for (const [i, bias] of [0.02, 0.02, 0.03, 0.02].entries())
      expect(biasesOf(model)[i]).toBeCloseTo(bias, 6);
    train(model);
    balanceExperts(model, 0.02);
    for (const [i, bias] of [0.04, 0.04, 0.01, 0.04].entries())
      expect(biasesOf(model)[i]).toBeCloseTo(bias, 6);
    model.dispose();
  });

  it('brings an uneven router near the even load', () => {
    const model = modelOf({ n_routed_experts: 4, num_experts_per_tok: 2 }).requiresGrad_();
    scope(() =>
      noGrad(() =>
        model
          .stateDict()
          .get('model.layers.0.mlp.gate.weight')!
          .copy_(randn([4, 8], { generator: new Generator(0) }).mul(0.2)),
      ),
    );
    const many = indices(
      Array.from({ length: 60 }, (_, i) => (7 * i * i + i) % 12),
      [1, 60],
    );
    const loads = Array.from({ length: 150 }, () => {
      scope(() => model.hidden({ tokens: many }));
      return busiest(balanceExperts(model, 0.002)[0]!);
    });
    expect(Math.min(...loads.slice(-20))).toBeLessThan(1 + (loads[0]! - 1) / 2);
    many.dispose();
    model.dispose();
  });

  it('counts passes with a gradient, each once, and leaves the biases alone at a rate of 0', () => {
    const model = oneSided();
    const before = biasesOf(model);
    scope(() => noGrad(() => model.forward({ tokens })));
    expect(balanceExperts(model, 1)).toEqual([]);
    train(model);
    expect(busiest(balanceExperts(model, 0)[0]!)).toBe(4);
    expect(balanceExperts(model, 0)).toEqual([]);
    expect(biasesOf(model)).toEqual(before);
    model.dispose();
  });
});

describe('hasExpertBiases', () => {
  it('is true of a sigmoid router that is trained alone', () => {
    const lora = loraSchema.parse({ rank: 1 });
    expect(hasExpertBiases(modelOf())).toBe(true);
    expect(hasExpertBiases(withLora(modelOf(), lora, 0))).toBe(false);
    expect(
      hasExpertBiases(modelOf({ model_type: 'qwen3_moe', num_experts: 4, num_experts_per_tok: 2 })),
    ).toBe(false);
    expect(hasExpertBiases(modelOf({ model_type: 'llama' }))).toBe(false);
  });
});
