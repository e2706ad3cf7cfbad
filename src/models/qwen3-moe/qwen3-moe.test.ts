import { describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { configKeys, parseConfig } from '../config.ts';
import { initModel } from '../init.ts';
import { type LoraOptions, loraSchema, trainableParameters, withLora } from '../layers/index.ts';
import { modelSizes } from '../sizes.ts';

const KEYS = {
  model_type: 'qwen3_moe',
  vocab_size: 20,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 4,
  num_attention_heads: 2,
  num_experts: 3,
  num_experts_per_tok: 2,
  moe_intermediate_size: 8,
};

const parse = (changes: object = {}): ReturnType<typeof parseConfig> =>
  parseConfig({ ...KEYS, ...changes }, 'config.json');

/** Layers with experts. */
function sparseLayers(changes: object): number[] {
  const model = initModel(parse(changes), 0);
  const names = [...model.stateDict().keys()];
  model.dispose();
  const found = names.flatMap((name) => /layers\.(\d+)\.mlp\.gate\.weight$/.exec(name)?.[1] ?? []);
  return found.map(Number);
}

describe('the config.json of qwen3_moe', () => {
  it.each([
    [{ num_experts_per_tok: 4 }, 'num_experts_per_tok: 4 of 3 experts'],
    [{ num_local_experts: 5 }, 'num_experts is 3, num_local_experts 5: they must be the same'],
    [{ decoder_sparse_step: 0 }, 'decoder_sparse_step: 0, expected a number above 0'],
    [{ norm_topk_prob: 'yes' }, 'norm_topk_prob: "yes", expected true or false'],
  ])('is refused with %o', (changes, message) => {
    expect(() => parse(changes)).toThrow(UserError);
    expect(() => parse(changes)).toThrow(`config.json: ${message}`);
  });

  it.each([
    [{}, [0, 1, 2, 3]],
    [{ decoder_sparse_step: 2 }, [1, 3]],
    [{ mlp_only_layers: [0, 2] }, [1, 3]],
    [{ decoder_sparse_step: 2, mlp_only_layers: [3] }, [1]],
  ])('with %o has experts in the layers %o', (changes, layers) => {
    expect(sparseLayers(changes)).toEqual(layers);
  });

  it('has the window in every layer, on request', () => {
    const window = { use_sliding_window: true, sliding_window: 5, max_window_layers: 2 };
    expect(parse(window)).toMatchObject({ windows: [5, 5, 5, 5] });
    expect(parse({ ...window, use_sliding_window: false })).toMatchObject({
      windows: [null, null, null, null],
    });
  });

  it('is the same in the keys of transformers 4 and 5, and written in both', () => {
    const { num_experts, ...rest } = KEYS;
    const newer = parseConfig({ ...rest, num_local_experts: num_experts }, 'config.json');
    expect(newer).toEqual(parse());
    expect(configKeys(newer, 'float32')).toMatchObject({ num_experts: 3, num_local_experts: 3 });
  });

  it('of Qwen3-30B-A3B asks for its 30.5 billion parameters', () => {
    const config = parse({
      vocab_size: 151_936,
      hidden_size: 2048,
      intermediate_size: 6144,
      num_hidden_layers: 48,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      head_dim: 128,
      num_experts: 128,
      num_experts_per_tok: 8,
      moe_intermediate_size: 768,
    });
    const { parameters, active } = modelSizes(config, 'bfloat16');
    expect(parameters).toBe(30_532_122_624);
    // Of 128 experts 8; the embedding is looked up.
    expect(active).toBe(parameters - 48 * 120 * 3 * 2048 * 768 - 151_936 * 2048);
  });
});

describe('LoRA on qwen3_moe', () => {
  const adapted = (targets: LoraOptions['targets']): string[] => {
    const model = withLora(initModel(parse(), 0), loraSchema.parse({ rank: 1, targets }), 0);
    const names = trainableParameters(model).map(([name]) => name);
    model.dispose();
    return names;
  };

  it('adapts the experts with all-linear, and never a router', () => {
    const names = adapted('all-linear');
    expect(names).toContain('model.layers.0.mlp.experts.2.down_proj.lora.A');
    expect(names.filter((name) => name.includes('.gate.'))).toEqual([]);
  });

  it('leaves the experts out where targets name attention alone', () => {
    expect(adapted(['q_proj', 'o_proj']).filter((name) => name.includes('.experts.'))).toEqual([]);
  });

  it('refuses a router by name', () => {
    expect(() => adapted(['mlp.gate'])).toThrow(
      /no linear layer is named "mlp\.gate"[\s\S]*routers of experts take no LoRA/,
    );
  });
});
