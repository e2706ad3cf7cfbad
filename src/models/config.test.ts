import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError, UserError } from '../errors.ts';
import { configKeys, parseConfig, readConfig, readJson } from './config.ts';
import { specialTokenKeys } from './config-file.ts';

const KEYS = {
  model_type: 'qwen2',
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};

const parse = (changes: object = {}): ReturnType<typeof parseConfig> =>
  parseConfig({ ...KEYS, ...changes }, 'config.json');

describe('parseConfig', () => {
  it('fills in what transformers would', () => {
    expect(parse()).toEqual({
      modelType: 'qwen2',
      vocabSize: 100,
      hiddenSize: 32,
      intermediateSize: 48,
      layers: 3,
      heads: 4,
      kvHeads: 2,
      headDim: 8,
      activation: 'silu',
      maxPositions: 32_768,
      rmsNormEps: 1e-6,
      tieEmbeddings: false,
      rope: { type: 'default', theta: 10_000 },
      window: { use_sliding_window: false },
      windows: [null, null, null],
      initializerRange: 0.02,
      bosId: null,
      eosIds: [],
      padId: null,
      qkvBias: true,
      outputBias: false,
      mlpBias: false,
      qkNorm: null,
    });
    expect(parse({ num_key_value_heads: null })).toMatchObject({ kvHeads: 4 });
    expect(parse({ model_type: 'qwen3' })).toMatchObject({ headDim: 128 });
    expect(parse({ model_type: 'llama' }).maxPositions).toBe(2048);
  });

  it('refuses sizes that would be built piece by piece until memory ends', () => {
    const huge = { deepseek_v3: 'n_routed_experts', qwen3_moe: 'num_experts', gpt_oss: 'num_local_experts' };
    for (const [model_type, key] of Object.entries(huge)) {
      expect(() => parse({ model_type, num_key_value_heads: 4, [key]: 1e15 }), key).toThrow(
        `config.json: ${key}: 1000000000000000, expected a number of at most 4096`,
      );
    }
    const shared = { model_type: 'deepseek_v3', num_key_value_heads: 4, n_shared_experts: 1e15 };
    expect(() => parse(shared)).toThrow(
      'n_shared_experts: 1000000000000000, expected a number of at most 4096',
    );
    expect(() => parse({ model_type: 'qwen3_5_text', linear_num_value_heads: 1e15 })).toThrow(
      'linear_num_value_heads: 1000000000000000, expected a number of at most 16777216',
    );
  });

  it('takes one end token, several or none', () => {
    expect(parse({ eos_token_id: 7 }).eosIds).toEqual([7]);
    expect(parse({ eos_token_id: [7, 9] }).eosIds).toEqual([7, 9]);
    expect(parse({ pad_token_id: -1 }).padId).toBeNull();
    expect(parse({ eos_token_id: null }).eosIds).toEqual([]);
  });

  it('reads rotary settings in both styles', () => {
    const scaling = { rope_type: 'linear', factor: 2 };
    const rope = { type: 'linear', theta: 5000, factor: 2 };
    expect(parse({ rope_theta: 5000, rope_scaling: scaling })).toMatchObject({ rope });
    expect(parse({ rope_parameters: { ...scaling, rope_theta: 5000 } })).toMatchObject({ rope });
    expect(parse({ rope_theta: 5000, rope_scaling: { type: 'linear', factor: 2 } })).toMatchObject({ rope });
  });

  it('takes the original context beside the rotary settings before the one inside, as transformers does', () => {
    const rope_scaling = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64 };
    expect(parse({ rope_scaling, original_max_position_embeddings: 32 })).toMatchObject({
      rope: { originalMaxPositions: 32 },
    });
  });

  it('knows how long a sequence a cache reads as a whole pass does', () => {
    expect(parse({ rope_scaling: { type: 'yarn', factor: 2 } }).cachedPositions).toBeUndefined();
    expect(
      parse({ max_position_embeddings: 64, rope_scaling: { type: 'dynamic', factor: 2 } }).cachedPositions,
    ).toBe(64);
  });

  it.each([
    [
      'an unknown architecture',
      { model_type: 'gpt2' },
      /config\.json: unknown model_type "gpt2"\n.*"llama", "qwen2", "qwen3"/,
    ],
    ['no architecture', { model_type: undefined }, /config\.json: model_type is missing/],
    ['a missing key', { hidden_size: undefined }, /config\.json: hidden_size: missing/],
    ['a wrong type', { vocab_size: '100' }, /config\.json: vocab_size: "100", expected a number/],
    ['a wrong end token', { eos_token_id: 'x' }, /eos_token_id: "x", expected a number, or a list/],
    ['a negative count', { num_hidden_layers: -1 }, /num_hidden_layers: -1, expected a number above 0/],
    [
      'absurd depth',
      { num_hidden_layers: 1e9 },
      /num_hidden_layers: 1000000000, expected a number of at most/,
    ],
    ['absurd width', { hidden_size: 2 ** 40 }, /hidden_size: 1099511627776, expected a number of at most/],
    ['an unknown activation', { hidden_act: 'mish' }, /hidden_act: "mish", expected "silu" or /],
    [
      'a sliding window of an architecture that has none',
      { model_type: 'llama', use_sliding_window: true },
      /use_sliding_window: true is not supported by this architecture/,
    ],
    [
      'a layer of another kind',
      { layer_types: ['full_attention', 'chunked_attention', 'full_attention'] },
      /layer_types: "chunked_attention"/,
    ],
    [
      'factors that do not fit the heads',
      { rope_scaling: { rope_type: 'longrope', short_factor: [1], long_factor: [1, 1, 1, 1] } },
      /short_factor of longrope has 1 numbers, 8 dimensions that turn take 4/,
    ],
    ['quantised weights', { quantization_config: { quant_method: 'fp8' } }, /quantization_config/],
    [
      'positions of images',
      { rope_scaling: { type: 'mrope', mrope_section: [1, 2, 3] } },
      /rope_scaling: rope type "mrope" is not supported \(known: default, linear, dynamic, yarn, longrope, llama3\)/,
    ],
    [
      'an incomplete scaling',
      { rope_parameters: { rope_type: 'linear', rope_theta: 1e4 } },
      /rope_parameters\.factor/,
    ],
    [
      'heads that do not divide',
      { num_key_value_heads: 3 },
      /num_attention_heads 4 is no multiple of num_key_value_heads 3/,
    ],
    ['heads of odd size', { head_dim: 5 }, /heads of size 5/],
    ['heads of broken size', { hidden_size: 33 }, /heads of size 8\.25/],
  ])('refuses %s by name', (_, changes, message) => {
    expect(() => parse(changes)).toThrow(UserError);
    expect(() => parse(changes)).toThrow(message);
  });

  it.each([null, 3, 'text', []])('refuses %j in place of an object', (keys) => {
    expect(() => parseConfig(keys, 'config.json')).toThrow(/config\.json: model_type is missing/);
  });
});

describe('configKeys', () => {
  it.each([
    { model_type: 'qwen2', tie_word_embeddings: true, eos_token_id: [1, 2], rms_norm_eps: 1e-5 },
    {
      use_sliding_window: true,
      sliding_window: 9,
      max_window_layers: 1,
      layer_types: ['sliding_attention', 'full_attention', 'full_attention'],
      rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 64 },
    },
    { sliding_window: 4096, max_window_layers: 21, rope_scaling: { type: 'dynamic', factor: 2 } },
    { model_type: 'qwen3', head_dim: 16, attention_bias: true, bos_token_id: 3, rope_theta: 1e6 },
    {
      model_type: 'llama',
      mlp_bias: true,
      rope_scaling: { rope_type: 'linear', factor: 4 },
      hidden_act: 'gelu',
    },
    {
      model_type: 'llama',
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 64,
      },
    },
  ])('is read back as the same configuration: %j', (changes) => {
    const config = parse(changes);
    const keys = configKeys(config, 'bfloat16');
    expect(parseConfig(JSON.parse(JSON.stringify(keys)), 'again')).toEqual(config);
    expect(keys.torch_dtype).toBe('bfloat16');
  });

  it('names the class of transformers', () => {
    expect(configKeys(parse(), 'float32').architectures).toEqual(['Qwen2ForCausalLM']);
  });
});

describe('specialTokenKeys', () => {
  it('writes one end token as a number, several as a list', () => {
    const none = { bos_token_id: null, eos_token_id: null, pad_token_id: null };
    expect(specialTokenKeys(parse())).toEqual(none);
    expect(specialTokenKeys(parse({ eos_token_id: 4 }))).toEqual({ ...none, eos_token_id: 4 });
    expect(specialTokenKeys(parse({ eos_token_id: [4, 5] }))).toEqual({ ...none, eos_token_id: [4, 5] });
  });
});

describe('readConfig', () => {
  it('says which file is missing or no JSON', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'aha-config-'));
    expect(() => readConfig(dir)).toThrow(UsageError);
    expect(() => readConfig(dir)).toThrow(`cannot read ${path.join(dir, 'config.json')}`);
    writeFileSync(path.join(dir, 'config.json'), '{"model_type": "qwen2",');
    expect(() => readConfig(dir)).toThrow(`${path.join(dir, 'config.json')} is not JSON`);
    writeFileSync(path.join(dir, 'config.json'), JSON.stringify(KEYS));
    expect(readConfig(dir)).toEqual(parse());
    expect(readJson(path.join(dir, 'config.json'), '')).toEqual(KEYS);
    rmSync(dir, { recursive: true });
  });
});
