import { describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { indices, scope } from '../../torch/index.ts';
import { configKeys, parseConfig } from '../config.ts';
import { balanceExperts } from '../expert-load.ts';
import { initModel } from '../init.ts';
import { loraSchema, trainableParameters, withLora } from '../layers/index.ts';
import { modelSizes } from '../sizes.ts';
import type { GptOssConfig } from './config.ts';

const KEYS = {
  model_type: 'gpt_oss',
  vocab_size: 20,
  hidden_size: 16,
  intermediate_size: 8,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  num_local_experts: 3,
  num_experts_per_tok: 2,
};

const parse = (changes: object = {}): GptOssConfig =>
  parseConfig({ ...KEYS, ...changes }, 'config.json') as GptOssConfig;

/** The sizes of gpt-oss-20b, as in its config.json. */
const SMALL = {
  vocab_size: 201_088,
  hidden_size: 2880,
  intermediate_size: 2880,
  num_hidden_layers: 24,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 64,
  num_local_experts: 32,
  num_experts_per_tok: 4,
  experts_per_token: 4,
  sliding_window: 128,
  initial_context_length: 4096,
  max_position_embeddings: 131_072,
  rope_theta: 150_000,
  rope_scaling: {
    rope_type: 'yarn',
    factor: 32,
    beta_fast: 32,
    beta_slow: 1,
    original_max_position_embeddings: 4096,
    truncate: false,
  },
  quantization_config: {
    quant_method: 'mxfp4',
    modules_to_not_convert: ['model.layers.*.self_attn', 'model.layers.*.mlp.router', 'lm_head'],
  },
};

describe('the config.json of gpt_oss', () => {
  it.each([
    [{ num_experts_per_tok: 4 }, 'num_experts_per_tok: 4 of 3 experts'],
    [{ num_experts: 5 }, 'num_experts is 5, num_local_experts 3: they must be the same'],
    [{ hidden_act: 'gelu' }, 'hidden_act: "gelu", expected "silu"'],
    [{ swiglu_limit: 0 }, 'swiglu_limit: 0, expected a number above 0'],
    [{ layer_types: ['full_attention'] }, 'layer_types: 1 entries for 4 layers'],
    [
      { layer_types: ['full_attention', 'linear_attention', 'full_attention', 'full_attention'] },
      'layer_types: "linear_attention" is not supported (only full_attention, sliding_attention)',
    ],
    [{ head_dim: 5 }, 'heads of size 5'],
    [{ num_key_value_heads: 3 }, 'num_attention_heads 4 is no multiple of num_key_value_heads 3'],
    [
      { quantization_config: { quant_method: 'awq' } },
      'quantization_config.quant_method: "awq", quantised experts are read as "mxfp4" only',
    ],
    [
      { quantization_config: {} },
      'quantization_config.quant_method: missing, quantised experts are read as "mxfp4" only',
    ],
  ])('is refused with %o', (changes, message) => {
    expect(() => parse(changes)).toThrow(UserError);
    expect(() => parse(changes)).toThrow(`config.json: ${message}`);
  });

  it('has the defaults of transformers where it says nothing', () => {
    const { layerTypes, window, rope, experts, rmsNormEps, attentionBias, cachedPositions } = parse();
    const [sliding, full] = ['sliding_attention', 'full_attention'];
    expect(layerTypes).toEqual([sliding, full, sliding, full]);
    expect(rope).toMatchObject({ type: 'yarn', theta: 150_000, factor: 32, truncate: false });
    expect([window, rmsNormEps, attentionBias, cachedPositions]).toEqual([128, 1e-5, true, undefined]);
    expect(experts).toEqual({ count: 3, perToken: 2, width: 8, alpha: 1.702, limit: 7 });
  });

  it('is written so that it is read back the same', () => {
    for (const changes of [
      {},
      SMALL,
      { sliding_window: 5, swiglu_alpha: 2, swiglu_limit: 3, attention_bias: false },
      { rope_scaling: { rope_type: 'default' } },
    ]) {
      const config = parse(changes);
      expect(parseConfig(configKeys(config, 'bfloat16'), 'written')).toEqual(config);
      expect(configKeys(config, 'bfloat16')).not.toHaveProperty('quantization_config');
    }
  });

  it('of gpt-oss-20b asks for its 20.9 billion parameters', () => {
    const { parameters, active, cacheBytesPerToken } = modelSizes(parse(SMALL), 'bfloat16');
    expect(parameters).toBe(20_914_757_184);
    // 3.61 billion in table 1 of the model card, where the embedding is looked up alone.
    expect(active).toBe(3_608_307_264);
    expect(cacheBytesPerToken).toBe(24 * 2 * 8 * 64 * 2);
  });
});

describe('a model of gpt_oss', () => {
  it('counts what its experts read', () => {
    const model = initModel(parse(), 0, { scheme: 'scaled' }).requiresGrad_();
    scope(() =>
      model
        .forward({ tokens: indices([1, 2, 3, 4, 5, 6], [2, 3]) })
        .sum()
        .backward(),
    );
    const loads = balanceExperts(model, 0);
    expect(loads.map(({ layer }) => layer)).toEqual([0, 1, 2, 3].map((layer) => `model.layers.${layer}.mlp`));
    // Six tokens, two experts each.
    for (const { tokens } of loads) expect(tokens.reduce((sum, count) => sum + count, 0)).toBe(12);
    model.dispose();
  });

  it('has LoRA on its attention alone', () => {
    const model = withLora(initModel(parse(), 0), loraSchema.parse({ rank: 1 }), 0);
    const layers = new Set(trainableParameters(model).map(([name]) => name.replace(/\.lora\..*$/, '')));
    model.dispose();
    const own = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
    const all = [0, 1, 2, 3].flatMap((layer) => own.map((name) => `model.layers.${layer}.self_attn.${name}`));
    expect([...layers]).toEqual(all);
  });
});
