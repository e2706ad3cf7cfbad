import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeByteCheckpoint } from '../../../tests/support/byte-checkpoint.ts';
import { writeTinyCheckpoint } from '../../../tests/support/tiny-checkpoint.ts';
import { UsageError } from '../../errors.ts';
import { GgufFile } from '../../gguf/index.ts';
import { modelFingerprint } from '../../run/fingerprint.ts';
import { Tokenizer } from '../../text/index.ts';
import { indices, noGrad, scope } from '../../torch/index.ts';
import {
  loadModel,
  readConfig,
  readSafetensors,
  saveAsFolder,
  saveAsGguf,
  saveModel,
  storedWeights,
} from '../index.ts';
import type { GgufType } from './encoding-choice.ts';

const root = mkdtempSync(path.join(tmpdir(), 'gguf-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(path.join(root, 'one-'));

const LLAMA3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};
const YARN = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 256 };

const QWEN3_MOE = {
  model_type: 'qwen3_moe',
  num_experts: 6,
  num_experts_per_tok: 2,
  moe_intermediate_size: 24,
  norm_topk_prob: true,
};
const DEEPSEEK_V3 = {
  model_type: 'deepseek_v3',
  num_key_value_heads: 2,
  head_dim: 8,
  q_lora_rank: 12,
  kv_lora_rank: 20,
  qk_nope_head_dim: 16,
  qk_rope_head_dim: 8,
  v_head_dim: 12,
  first_k_dense_replace: 1,
  moe_intermediate_size: 24,
  n_routed_experts: 8,
  n_shared_experts: 2,
  num_experts_per_tok: 2,
  n_group: 4,
  topk_group: 2,
  routed_scaling_factor: 2.5,
  rope_scaling: { ...YARN, mscale: 0.8, mscale_all_dim: 0.8 },
};
const GPT_OSS = {
  model_type: 'gpt_oss',
  num_local_experts: 6,
  num_experts_per_tok: 2,
  sliding_window: 4,
  rope_scaling: { rope_type: 'default' },
};

const QWEN3_5 = {
  model_type: 'qwen3_5_text',
  linear_num_key_heads: 2,
  linear_num_value_heads: 2,
  linear_key_head_dim: 4,
  linear_value_head_dim: 4,
};

/** Models of every architecture, with the parts that each may have. */
const MODELS: readonly (readonly [name: string, config: object])[] = [
  ['llama', { model_type: 'llama', rms_norm_eps: 1e-5 }],
  ['llama with biases', { model_type: 'llama', attention_bias: true, mlp_bias: true }],
  [
    'llama 3',
    {
      model_type: 'llama',
      rope_theta: 500_000,
      rope_scaling: LLAMA3,
      head_dim: 64,
      max_position_embeddings: 131_072,
    },
  ],
  [
    'llama, linear and tied',
    { model_type: 'llama', rope_scaling: { type: 'linear', factor: 2.5 }, tie_word_embeddings: true },
  ],
  ['qwen2', { model_type: 'qwen2', rope_theta: 1e6, vocab_size: 300 }],
  ['qwen2, yarn', { model_type: 'qwen2', rope_scaling: YARN }],
  ['qwen3', { model_type: 'qwen3', head_dim: 32, eos_token_id: [266, 264] }],
  ['smollm3', { model_type: 'smollm3', num_hidden_layers: 4, tie_word_embeddings: true }],
  [
    'gemma3',
    {
      model_type: 'gemma3_text',
      num_hidden_layers: 7,
      rope_theta: 1e6,
      rope_scaling: { rope_type: 'linear', factor: 8 },
      rope_local_base_freq: 10_000,
      sliding_window: 4,
      query_pre_attn_scalar: 16,
      hidden_act: 'gelu_pytorch_tanh',
      tie_word_embeddings: true,
    },
  ],
  ['olmo2', { model_type: 'olmo2' }],
  ['olmo3', { model_type: 'olmo3', num_hidden_layers: 5, sliding_window: 4, rope_scaling: YARN }],
  ['phi3', { model_type: 'phi3', sliding_window: null, original_max_position_embeddings: 4096 }],
  [
    'phi3, longrope on a part of a head',
    {
      model_type: 'phi3',
      sliding_window: null,
      partial_rotary_factor: 0.75,
      original_max_position_embeddings: 512,
      rope_scaling: {
        rope_type: 'longrope',
        short_factor: [1, 1.1, 1.2, 1.3, 1.5, 2],
        long_factor: [1, 1.5, 2, 3, 5, 8],
        attention_factor: 1.25,
      },
    },
  ],
  ['qwen3_moe', QWEN3_MOE],
  ['deepseek_v3', DEEPSEEK_V3],
  [
    'deepseek_v3, queries without a latent, no groups, tied',
    {
      ...DEEPSEEK_V3,
      q_lora_rank: null,
      num_hidden_layers: 27,
      n_routed_experts: 2,
      n_group: 1,
      topk_group: 1,
      tie_word_embeddings: true,
    },
  ],
  ['gpt_oss', GPT_OSS],
  ['gpt_oss, yarn', { ...GPT_OSS, rope_scaling: { ...YARN, beta_fast: 32, beta_slow: 1, truncate: false } }],
];

/** A random checkpoint with weights in a dtype. */
async function checkpoint(config: object, dtype: 'float32' | 'float16' | 'bfloat16'): Promise<string> {
  // The ids of config.json are those of the tokenizer, as in published checkpoints.
  const made = await writeByteCheckpoint(folder(), {
    config: { eos_token_id: 266, pad_token_id: 264, ...config },
  });
  if (dtype === 'float32') return made;
  const model = loadModel(made, { dtype });
  const dir = path.join(folder(), 'narrow');
  await saveModel(model, dir, { tokenizerFrom: made });
  model.dispose();
  return dir;
}

const weightsOf = (dir: string): Map<string, string> => {
  const { tensors } = readSafetensors(path.join(dir, 'model.safetensors'));
  return new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      `${tensor.dtype} ${Buffer.from(tensor.toBytes()).toString('base64')}`,
    ]),
  );
};

/** Read as the llama that it is. */
const AS_LLAMA = [
  ['mistral without a window', { model_type: 'mistral', sliding_window: null }],
  ['mistral with a window as long as its context', { model_type: 'mistral', sliding_window: 1024 }],
] as const;

const logitsOf = (place: string): number[] => {
  const model = loadModel(place);
  const values = noGrad(() =>
    scope(() => model.forward({ tokens: indices([5, 9, 70, 33, 12, 5], [1, 6]) }).toArray()),
  );
  model.dispose();
  return values;
};

describe('a checkpoint as a GGUF file', () => {
  it.each(
    MODELS.flatMap(([name, config]) =>
      (['float32', 'float16', 'bfloat16'] as const).map((dtype) => [name, dtype, config] as const),
    ),
  )('comes back bit for bit: %s in %s', async (_, dtype, config) => {
    const own = await checkpoint(config, dtype);
    const file = path.join(folder(), 'a.gguf');
    const types = { float32: 'f32', float16: 'f16', bfloat16: 'bf16' } as const;
    expect(storedWeights(own)).toBe(dtype);
    expect(await saveAsGguf(own, file, types[dtype])).toBe(statSync(file).size);
    expect(storedWeights(file)).toBe(dtype);
    expect(readConfig(file)).toEqual(readConfig(own));
    const again = path.join(folder(), 'again');
    await saveAsFolder(file, again, dtype);
    expect(weightsOf(again)).toEqual(weightsOf(own));
    expect(readConfig(again)).toEqual(readConfig(own));
    const json = (dir: string): unknown => JSON.parse(readFileSync(path.join(dir, 'tokenizer.json'), 'utf8'));
    expect(json(again)).toEqual(json(own));
    expect(Tokenizer.load(again).chatTemplate?.source).toBe(Tokenizer.load(own).chatTemplate?.source);
  });

  it.each([...MODELS, ...AS_LLAMA])('computes the same without a folder: %s', async (_, config) => {
    const own = await checkpoint(config, 'float32');
    const file = path.join(folder(), 'a.gguf');
    await saveAsGguf(own, file, 'f32');
    expect(logitsOf(file)).toEqual(logitsOf(own));
  });

  it.each<[GgufType, number]>([
    ['q8_0', 0.03],
    ['q4_k_m', 0.35],
  ])('is near in %s, and the same again from there', async (type, most) => {
    const config = {
      hidden_size: 256,
      intermediate_size: 512,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      head_dim: 64,
    };
    const own = await writeByteCheckpoint(folder(), { config });
    const file = path.join(folder(), 'a.gguf');
    await saveAsGguf(own, file, type);
    const [near, exact] = [logitsOf(file), logitsOf(own)];
    const norm = (values: number[]): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    expect(norm(near.map((value, i) => value - exact[i]!)) / norm(exact)).toBeLessThan(most);
    const dir = path.join(folder(), 'again');
    await saveAsFolder(file, dir, 'float32');
    expect(logitsOf(dir)).toEqual(near);
  });

  it('mixes encodings as llama.cpp does in Q4_K_M, wider ones where rows are no whole blocks', async () => {
    const encodings = async (config: object): Promise<Map<string, string>> => {
      const file = path.join(folder(), 'a.gguf');
      await saveAsGguf(await writeByteCheckpoint(folder(), { config }), file, 'q4_k_m');
      using open = new GgufFile(file);
      return new Map([...open.tensors.values()].map(({ name, encoding }) => [name, encoding.name]));
    };
    const wide = await encodings({ hidden_size: 256, intermediate_size: 256, num_hidden_layers: 8 });
    const layersOf = (part: string, name: string): number[] =>
      [...Array(8).keys()].filter((i) => wide.get(`blk.${i}.${part}.weight`) === name);
    expect(layersOf('attn_v', 'Q6_K')).toEqual([0, 3, 6, 7]);
    expect(layersOf('ffn_down', 'Q6_K')).toEqual([0, 3, 6, 7]);
    expect(layersOf('attn_q', 'Q4_K')).toHaveLength(8);
    expect(wide.get('token_embd.weight')).toBe('Q4_K');
    expect(wide.get('output.weight')).toBe('Q6_K');
    expect(wide.get('blk.0.attn_norm.weight')).toBe('F32');
    const narrow = await encodings({ tie_word_embeddings: true });
    expect(narrow.get('token_embd.weight')).toBe('Q8_0');
    expect(narrow.get('blk.1.attn_q.weight')).toBe('Q5_0');
    expect(narrow.get('blk.1.ffn_down.weight')).toBe('F16');
    const sparse = await encodings({ ...QWEN3_MOE, hidden_size: 256, moe_intermediate_size: 256 });
    expect(sparse.get('blk.1.ffn_down_exps.weight')).toBe('Q6_K');
    expect(sparse.get('blk.1.ffn_up_exps.weight')).toBe('Q4_K');
    expect(sparse.get('blk.1.ffn_gate_inp.weight')).toBe('F32');
  });

  it('has a fingerprint that changes with its bytes', async () => {
    const file = path.join(folder(), 'a.gguf');
    await saveAsGguf(await writeByteCheckpoint(folder()), file, 'f32');
    const first = modelFingerprint(file);
    const bytes = readFileSync(file);
    bytes[bytes.length - 40] = bytes[bytes.length - 40]! ^ 1;
    writeFileSync(file, bytes);
    expect(modelFingerprint(file)).not.toBe(first);
  });
});

describe('what cannot be a GGUF file', () => {
  it.each<[string, object, RegExp]>([
    [
      'an activation',
      { hidden_act: 'gelu' },
      /hidden_act "gelu" has no equivalent in llama\.cpp’s architecture qwen3/,
    ],
    [
      'a window',
      { use_sliding_window: true, sliding_window: 8, max_window_layers: 0 },
      /a sliding window has no equivalent/,
    ],
    ['a bias', { attention_bias: true }, /a bias of o_proj has no equivalent/],
    [
      'heads',
      { model_type: 'qwen2', head_dim: 8 },
      /head_dim 8 with num_attention_heads 2 and hidden_size 32/,
    ],
    [
      'a rope type',
      { rope_scaling: { rope_type: 'dynamic', factor: 2 } },
      /rope_scaling \{.*"dynamic".*\} has no/,
    ],
    ['another’s rope', { rope_scaling: LLAMA3 }, /rope_scaling \{.*"llama3".*\} has no/],
    [
      'positions in other layers',
      { model_type: 'smollm3', no_rope_layers: [1, 0] },
      /the choice of no_rope_layers has no equivalent in llama\.cpp’s architecture smollm3/,
    ],
    ['a window of mistral', { model_type: 'mistral', sliding_window: 8 }, /a sliding window has no/],
    [
      'windows in other layers',
      { model_type: 'olmo3', sliding_window: 8, layer_types: ['full_attention', 'sliding_attention'] },
      /the choice of layers with a window has no/,
    ],
    [
      'angles of the layers with a window',
      { model_type: 'gemma3_text', sliding_window: 8, rope_local_base_freq: 5, query_pre_attn_scalar: 16 },
      /the θ or scaling of the layers with a window has no/,
    ],
    [
      'a scale of the scores',
      { model_type: 'gemma3_text', sliding_window: 8, query_pre_attn_scalar: 99 },
      /query_pre_attn_scalar 99 \(only 16\) has no/,
    ],
    [
      'capped logits',
      {
        model_type: 'gemma3_text',
        sliding_window: 8,
        query_pre_attn_scalar: 16,
        final_logit_softcapping: 30,
      },
      /final_logit_softcapping 30 has no/,
    ],
    ['a dense layer', { ...QWEN3_MOE, mlp_only_layers: [1] }, /a layer without experts has no/],
    ['weights of experts', { ...QWEN3_MOE, norm_topk_prob: false }, /norm_topk_prob false has no/],
    [
      'queries with a latent in 27 layers',
      { ...DEEPSEEK_V3, num_hidden_layers: 27 },
      /q_lora_rank 12 with num_hidden_layers 27 has no equivalent in llama\.cpp’s architecture deepseek2/,
    ],
    ['no shared experts', { ...DEEPSEEK_V3, n_shared_experts: 0 }, /n_shared_experts 0 has no/],
    ['halves that turn', { ...DEEPSEEK_V3, rope_interleave: false }, /rope_interleave false has no/],
    ['yarn of another kind', { ...DEEPSEEK_V3, rope_scaling: YARN }, /rope_scaling \{.*"yarn".*\} has no/],
    ['a limit', { ...GPT_OSS, swiglu_limit: 5 }, /swiglu_limit 5 has no .* architecture gpt-oss/],
    [
      'windows of gpt-oss',
      { ...GPT_OSS, layer_types: ['full_attention', 'sliding_attention'] },
      /the choice of layers with a window has no/,
    ],
    ['the bounds of yarn', { ...GPT_OSS, rope_scaling: YARN }, /rope_scaling \{.*"yarn".*\} has no/],
    ['qwen3_5', QWEN3_5, /the architecture qwen3_5_text cannot be written as GGUF/],
  ])('is refused by name: %s', async (_, config, message) => {
    const own = await writeByteCheckpoint(folder(), { config });
    const file = path.join(folder(), 'a.gguf');
    const save = saveAsGguf(own, file, 'f32');
    await expect(save).rejects.toThrow(message);
    await expect(save).rejects.toBeInstanceOf(UsageError);
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('is refused by name: a vocabulary of words, and weights that are no numbers', async () => {
    const file = path.join(folder(), 'a.gguf');
    await expect(saveAsGguf(await writeTinyCheckpoint(folder()), file, 'f32')).rejects.toThrow(
      /tokenizer\.json: model "WordLevel" has no equivalent in llama\.cpp/,
    );
    const own = await writeByteCheckpoint(folder());
    const weights = path.join(own, 'model.safetensors');
    const bytes = readFileSync(weights);
    bytes.writeFloatLE(1e6, bytes.length - 4);
    writeFileSync(weights, bytes);
    await expect(saveAsGguf(own, file, 'f16')).rejects.toThrow(
      /".*": it has values that are not finite in float16/,
    );
    await saveAsGguf(own, file, 'bf16');
  });
});

describe('a GGUF file whose metadata and tensors do not fit', () => {
  const altered = async (
    change: (bytes: Buffer) => void,
    config: object = { model_type: 'llama' },
  ): Promise<string> => {
    const file = path.join(folder(), 'a.gguf');
    await saveAsGguf(await writeByteCheckpoint(folder(), { config }), file, 'f32');
    const bytes = readFileSync(file);
    change(bytes);
    writeFileSync(file, bytes);
    return file;
  };
  const rename = (from: string, to: string) => (bytes: Buffer) =>
    void bytes.write(to, bytes.indexOf(from), 'latin1');
  const set = (key: string, value: number) => (bytes: Buffer) =>
    void bytes.writeUInt32LE(value, bytes.indexOf(key) + key.length + 4);

  it.each<[string, (bytes: Buffer) => void, RegExp, object?]>([
    [
      'experts',
      set('qwen3moe.expert_count', 5),
      /"blk\.0\.ffn_gate_exps\.weight" has the shape \[6, 24, 32\], expected 5 experts/,
      QWEN3_MOE,
    ],
    [
      'one of two tensors of a parameter',
      rename('blk.1.attn_v_b', 'blk.1.attn_v_x'),
      /missing: model\.layers\.1\.self_attn\.kv_b_proj\.weight/,
      DEEPSEEK_V3,
    ],
    [
      'the shape of one of them',
      set('deepseek2.attention.value_length_mla', 8),
      /model\.layers\.0\.self_attn\.kv_b_proj\.weight/,
      DEEPSEEK_V3,
    ],
    [
      'a router of DeepSeek-V2',
      set('deepseek2.expert_gating_func', 1),
      /expert_gating_func is not 2: a router without a sigmoid/,
      DEEPSEEK_V3,
    ],
    [
      'an old file of DeepSeek-V3',
      rename('deepseek2.attention.key_length_mla', 'deepseek2.attention.key_length_mlx'),
      /has no deepseek2\.attention\.key_length_mla: the file is from before April 2025/,
      DEEPSEEK_V3,
    ],
    [
      'an architecture',
      rename('\x05\0\0\0\0\0\0\0llama', '\x05\0\0\0\0\0\0\0falco'),
      /unknown architecture "falco"/,
    ],
    ['a tensor', rename('blk.1.ffn_up', 'blk.1.ffn_xx'), /blk\.1\.ffn_xx\.weight/],
    ['layers', set('llama.block_count', 3), /model\.layers\.2/],
    ['many layers', set('llama.block_count', 4e9), /num_hidden_layers/],
    ['a width', set('llama.embedding_length', 64), /\[/],
    ['heads', set('llama.attention.head_count', 0), /num_attention_heads/],
    [
      'a key',
      rename('llama.context_length', 'llama.context_lengtx'),
      /metadata has no llama\.context_length/,
    ],
    [
      'a rotation',
      set('llama.rope.dimension_count', 8),
      /rope\.dimension_count 8 is not supported \(only 16\)/,
    ],
  ])('is refused by name: %s', async (_, change, message, config) => {
    const file = await altered(change, config);
    const load = (): void => loadModel(file).dispose();
    expect(load).toThrow(message);
    expect(load).toThrow(UsageError);
  });
});
