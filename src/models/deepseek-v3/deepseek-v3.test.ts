import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError, UserError } from '../../errors.ts';
import { indices, noGrad, randn, scope, type Tensor } from '../../torch/index.ts';
import { loadModel, saveModel } from '../checkpoint.ts';
import { configKeys, parseConfig, readConfig, withPredictors } from '../config.ts';
import { initModel } from '../init.ts';
import { Linear, Module } from '../layers/index.ts';
import { readSafetensors, writeSafetensors } from '../safetensors.ts';
import { modelSizes } from '../sizes.ts';
import { leftOut } from '../stored-types.ts';

const KEYS = {
  model_type: 'deepseek_v3',
  vocab_size: 20,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  q_lora_rank: 6,
  kv_lora_rank: 10,
  qk_nope_head_dim: 4,
  qk_rope_head_dim: 6,
  v_head_dim: 8,
  first_k_dense_replace: 1,
  moe_intermediate_size: 8,
  n_routed_experts: 8,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  n_group: 4,
  topk_group: 2,
  num_nextn_predict_layers: 1,
};

const root = mkdtempSync(path.join(tmpdir(), 'aha-deepseek-v3-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the config.json of deepseek_v3', () => {
  it.each([
    [{ scoring_func: 'softmax' }, 'scoring_func: "softmax", expected "sigmoid"'],
    [{ topk_method: 'greedy' }, 'topk_method: "greedy", expected "noaux_tc"'],
    [{ moe_layer_freq: 2 }, 'moe_layer_freq: 2, expected 1'],
    [{ hidden_act: 'mish' }, 'hidden_act: "mish"'],
    [{ qk_rope_head_dim: 5 }, 'qk_rope_head_dim: 5, must be even'],
    [
      { num_key_value_heads: 1 },
      'num_key_value_heads: 1, of latent attention it must be num_attention_heads, 2',
    ],
    [{ head_dim: 10 }, 'head_dim: 10, it must be qk_rope_head_dim, 6'],
    [{ n_group: 3 }, 'n_routed_experts: 8 is no multiple of n_group, 3'],
    [{ topk_group: 5 }, 'topk_group: 5 of 4 groups (n_group)'],
    [{ n_group: 8 }, 'n_group: 8 groups of one expert, each must have two at least'],
    [{ num_experts_per_tok: 5 }, 'num_experts_per_tok: 5 of the 4 experts in topk_group groups'],
    [{ rope_scaling: { rope_type: 'spiral' } }, 'rope_scaling: rope type "spiral" is not supported'],
    [
      { rope_scaling: { rope_type: 'longrope', short_factor: [1, 1, 1], long_factor: [1, 1] } },
      'long_factor of longrope has 2 numbers, 6 dimensions that turn take 3',
    ],
    [{ use_sliding_window: true }, 'use_sliding_window: true is not supported by this architecture'],
  ])('is refused with %o', (changes, message) => {
    const parse = (): unknown => parseConfig({ ...KEYS, ...changes }, 'config.json');
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(`config.json: ${message}`);
  });

  it('of the 671B model asks for as many parameters as it has, and for 576 numbers a token and layer', () => {
    const config = parseConfig(
      {
        model_type: 'deepseek_v3',
        vocab_size: 129_280,
        hidden_size: 7168,
        intermediate_size: 18_432,
        num_hidden_layers: 4,
        num_attention_heads: 128,
        n_shared_experts: 1,
        n_group: 8,
        topk_group: 4,
      },
      'config.json',
    );
    const { parameters, cacheBytesPerToken } = modelSizes(config, 'bfloat16');
    expect(cacheBytesPerToken).toBe(4 * 576 * 2);
    // Three dense layers, one with experts and the embeddings, from the shapes of the published files.
    const attention = 7168 * (1536 + 576) + 1536 * 24_576 + 512 * 32_768 + 16_384 * 7168 + 1536 + 512;
    const block = (width: number): number => 3 * 7168 * width;
    const sparse = 257 * block(2048) + 256 * 7168 + 256;
    const norms = 9 * 7168;
    expect(parameters).toBe(4 * attention + 3 * block(18_432) + sparse + norms + 2 * 129_280 * 7168);
  });
});

describe('a checkpoint of deepseek_v3', () => {
  it('may hold layers that predict further tokens, which are loaded where they are asked for', async () => {
    const dir = path.join(root, 'predictors');
    const model = initModel(withPredictors(parseConfig(KEYS, 'test'), 'test'), 0);
    await saveModel(model, dir);
    const without = loadModel(dir);
    expect([...without.stateDict().keys()].filter((name) => name.includes('layers.3.'))).toEqual([]);
    expect(configKeys(without.config, 'float32').num_nextn_predict_layers).toBe(0);
    const file = path.join(dir, 'model.safetensors');
    const { tensors } = readSafetensors(file);
    const more = new Map([...tensors, ['model.layers.4.enorm.weight', tensors.get('model.norm.weight')!]]);
    await writeSafetensors(file, more);
    for (const predictors of [false, true])
      expect(() => loadModel(dir, { predictors })).toThrow('unexpected: model.layers.4.enorm.weight [16]');
    without.dispose();
    model.dispose();
  });

  it('has copies of the embedding and the head that count as loaded, where its predictors are', async () => {
    const dir = path.join(root, 'copies');
    const config = withPredictors(parseConfig(KEYS, 'test'), 'test');
    const model = initModel(config, 0);
    await saveModel(model, dir);
    expect(leftOut(dir, config)).toBeNull();
    expect(leftOut(dir, readConfig(dir))).toMatch(/^model\.layers \(\d+ tensors\)$/);
    model.dispose();
  });

  it('is refused by its key where it has fewer predictors than config.json says', async () => {
    const dir = path.join(root, 'fewer');
    const model = initModel(withPredictors(parseConfig(KEYS, 'test'), 'test'), 0);
    await saveModel(model, dir);
    model.dispose();
    const file = path.join(dir, 'config.json');
    const keys = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...keys, num_nextn_predict_layers: 2 }));
    expect(() => loadModel(dir, { predictors: true })).toThrow(
      `${file}: num_nextn_predict_layers: 2, but the files have the tensors of 1 such layers\n  set it to 1`,
    );
    loadModel(dir).dispose();
  });

  it('is refused where it is asked for predictors and is of a model without', async () => {
    const dir = path.join(root, 'no-predictors');
    const model = initModel(parseConfig({ ...KEYS, num_nextn_predict_layers: 0 }, 'test'), 0);
    await saveModel(model, dir);
    const load = (): unknown => loadModel(dir, { predictors: true });
    expect(load).toThrow(UsageError);
    expect(load).toThrow('the deepseek_v3 model has no layer that predicts tokens after the next');
    model.dispose();
  });

  it('keeps the biases that balance the load in float32, in memory and on disk', async () => {
    const dir = path.join(root, 'biases');
    const model = initModel(parseConfig(KEYS, 'test'), 0, { dtype: 'bfloat16' });
    const name = 'model.layers.1.mlp.gate.e_score_correction_bias';
    const biases = model.stateDict().get(name)!;
    expect([biases.dtype, ...new Set(biases.toArray())]).toEqual(['float32', 0]);
    scope(() => noGrad(() => biases.copy_(randn([8]))));
    await saveModel(model, dir);
    const loaded = loadModel(dir, { dtype: 'bfloat16' });
    expect(loaded.stateDict().get(name)!.toArray()).toEqual(biases.toArray());
    expect(loaded.stateDict().get('model.layers.1.self_attn.o_proj.weight')!.dtype).toBe('bfloat16');
    loaded.dispose();
    model.dispose();
  });
});

/** Every Linear of a tree. */
function linears(module: Module): Linear[] {
  return Object.values(module)
    .flat()
    .flatMap((value) => (value instanceof Linear ? [value] : value instanceof Module ? linears(value) : []));
}

describe('decoding', () => {
  it('expands no latent: it multiplies with kv_b_proj’s weight without calling the layer', () => {
    const model = initModel(parseConfig(KEYS, 'test'), 0, { scheme: 'scaled' });
    const expanding = linears(model).filter(({ weight }) => weight.shape.join() === '24,10');
    expect(expanding).toHaveLength(3);
    let calls = 0;
    for (const layer of expanding) {
      const forward = layer.forward.bind(layer);
      layer.forward = (x: Tensor) => {
        calls++;
        return forward(x);
      };
    }
    const cache = model.newCache({ blocks: 1, blockSize: 8 });
    const read = (ids: number[], start: number): void =>
      scope(() => {
        const pass = cache.pass([{ blocks: [0], start, tokens: ids.length }]);
        noGrad(() => model.hidden({ tokens: indices(ids, [1, ids.length]), cache: pass }));
      });
    read([1, 2, 3], 0);
    expect(calls).toBe(3);
    read([4], 3);
    read([5, 6], 4);
    expect(calls).toBe(3);
    cache.dispose();
    model.dispose();
  });

  it.each([1, 2, 3, 4])('of %i tokens of each of two rows is the whole pass', (few) => {
    const model = initModel(parseConfig(KEYS, 'test'), 0, { scheme: 'scaled' });
    const ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3].slice(0, 5 + few);
    const cache = model.newCache({ blocks: 2, blockSize: 16 });
    scope(() =>
      noGrad(() => {
        const whole = model.hidden({ tokens: indices(ids, [1, ids.length]) });
        // The second row is one token behind: its mask differs.
        const read = (rows: number[][], starts: number[]): Tensor =>
          model.hidden({
            tokens: indices(rows.flat(), [rows.length, rows[0]!.length]),
            cache: cache.pass(
              rows.map(({ length: tokens }, i) => ({ blocks: [i], start: starts[i]!, tokens })),
            ),
          });
        const prompt = ids.slice(0, 5);
        read([prompt], [0]);
        const shorter = cache.pass([{ blocks: [1], start: 0, tokens: 4 }]);
        model.hidden({ tokens: indices(prompt.slice(0, 4), [1, 4]), cache: shorter });
        const states = read([ids.slice(5, 5 + few), ids.slice(4, 4 + few)], [5, 4]);
        for (const [row, start] of [5, 4].entries()) {
          const difference = states.select(0, row).sub(whole.select(0, 0).narrow(0, start, few));
          expect(difference.abs().max().item()).toBeLessThan(1e-5);
        }
      }),
    );
    cache.dispose();
    model.dispose();
  });
});
