import { describe, expect, it } from 'vitest';
import { formulaModel } from '../../../tests/support/formula-model.ts';
import { initModel, parseConfig } from '../../models/index.ts';
import { indices, scope } from '../../torch/index.ts';
import { Learner, learningRate, optimizerSchema, type Schedule } from './learner.ts';

const cosine: Schedule = { peak: 1, warmup: 4, shape: 'cosine', floor: 0.1 };

describe('learningRate', () => {
  it('warms up linearly and reaches the peak', () => {
    expect([0, 1, 2, 3, 4].map((step) => learningRate(cosine, step, 105))).toEqual([0.25, 0.5, 0.75, 1, 1]);
  });

  it('falls to the floor at the last step', () => {
    expect(learningRate(cosine, 104, 105)).toBeCloseTo(0.1, 12);
    expect(learningRate(cosine, 54, 105)).toBeCloseTo(0.55, 12);
    expect(learningRate({ ...cosine, shape: 'linear' }, 29, 105)).toBeCloseTo(0.1 + 0.9 * 0.75, 12);
  });

  it('never leaves the range after the last step, and a constant stays', () => {
    expect(learningRate(cosine, 1000, 105)).toBeCloseTo(0.1, 12);
    expect(learningRate({ ...cosine, shape: 'constant' }, 1000, 105)).toBe(1);
  });
});

describe('balanceLoss', () => {
  it('is refused of a model without experts', () => {
    const optimizer = optimizerSchema.parse({ peak: 1e-3, balanceLoss: 0.01 });
    expect(() => new Learner(formulaModel(), optimizer, 10)).toThrow(
      'optimizer.balanceLoss: the model has no experts',
    );
  });
});

it.each(['balanceLoss', 'expertBias'])('%s is at most 1', (key) => {
  expect(optimizerSchema.safeParse({ peak: 1e-3, [key]: 1 }).success).toBe(true);
  expect(optimizerSchema.safeParse({ peak: 1e-3, [key]: 1e30 }).success).toBe(false);
});

describe('expertBias', () => {
  const optimizer = optimizerSchema.parse({ peak: 1e-3, expertBias: 0.01 });

  it('moves the biases of experts once a step, against the load that it reports', () => {
    const keys = {
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
    const model = initModel(parseConfig(keys, 'test'), 0);
    const learner = new Learner(model, optimizer, 10);
    const biases = (): number[] =>
      model.stateDict().get('model.layers.0.mlp.gate.e_score_correction_bias')!.toArray().map(Number);
    // Five tokens over four experts can never be even.
    const step = (): number | undefined => {
      learner.step([0], () =>
        scope(() =>
          model
            .forward({ tokens: indices([1, 2, 3, 4, 5], [1, 5]) })
            .square()
            .mean()
            .backward(),
        ),
      );
      return learner.experts.take()?.loadMax;
    };
    expect(step()).toBeGreaterThanOrEqual(1.6);
    for (const bias of biases()) expect(Math.abs(bias)).toBeCloseTo(0.01, 6);
    learner.dispose();
    model.dispose();
  });

  it('is refused where no biases of experts are trained', () => {
    expect(() => new Learner(formulaModel(), optimizer, 10)).toThrow(
      'optimizer.expertBias: the model has no biases of experts that are trained',
    );
  });
});
