/**
 * @file Gemma 3 (arXiv 2503.19786), text alone: norms before and behind attention and feed-forward, each with gains of 1 + w;
 * RMSNorm of each query and key head; embeddings times √D; five layers with a window, and rotary settings of their own, to one without.
 *
 * Weight names: those of qwen3, and `model.layers.N.{pre,post}_feedforward_layernorm.weight`; `post_attention_layernorm` is
 * behind attention. The scores of `attn_logit_softcapping` and masks that look ahead are not computed.
 */
import { z } from 'zod';
import { shortestDecimal } from '../../gguf/index.ts';
import { configFileSchema } from '../config-file.ts';
import type { DecoderConfig, DecoderVariant } from '../decoder-config.ts';
import type { DecoderGguf } from '../gguf/form.ts';
import { activations } from '../layers/index.ts';
import { nestedRopeKeys, nestedRopeSchema, nestedRopes } from '../rope-file.ts';
import { periodicWindows } from '../window-file.ts';

const positive = z.number().positive();

const schema = configFileSchema
  .extend({
    hidden_activation: z
      .enum(Object.keys(activations) as (keyof typeof activations)[])
      .default('gelu_pytorch_tanh'),
    tie_word_embeddings: z.boolean().default(true),
    rope_theta: positive.default(1_000_000),
    rope_local_base_freq: positive.default(10_000),
    rope_parameters: nestedRopeSchema,
    query_pre_attn_scalar: positive.default(256),
    final_logit_softcapping: positive.nullish(),
    attn_logit_softcapping: positive.nullish(),
    use_bidirectional_attention: z.boolean().nullish(),
  })
  .transform((file) => ({ ...file, hidden_act: file.hidden_activation }));

type File = z.output<typeof schema>;

function problem(file: File): string | null {
  if (file.attn_logit_softcapping != null)
    return `attn_logit_softcapping: ${file.attn_logit_softcapping} is not supported (only null)`;
  return file.use_bidirectional_attention
    ? 'use_bidirectional_attention: true is not supported (only false)'
    : null;
}

/** The divisor of scores that llama.cpp takes: by the number of layers it knows Gemma 3 27B, whose heads are not D / heads wide. */
function ggufScalar(layers: number, hiddenSize: number, heads: number, headDim: number): number {
  return layers === 62 ? Math.trunc(hiddenSize / heads) : headDim;
}

const gguf: DecoderGguf<DecoderConfig> = {
  name: 'gemma3',
  paired: false,
  biases: [],
  freeHeads: true,
  factors: false,
  windows: { period: 6 },
  activation: 'gelu_pytorch_tanh',
  problem: ({ logitCap, localRope, queryScalar, layers, hiddenSize, heads, headDim }) => {
    if (logitCap !== undefined) return `final_logit_softcapping ${logitCap}`;
    if (localRope!.type !== 'default' || localRope!.theta !== 10_000)
      return 'the θ or scaling of the layers with a window';
    const scalar = ggufScalar(layers, hiddenSize, heads, headDim);
    return queryScalar === scalar ? null : `query_pre_attn_scalar ${queryScalar} (only ${scalar})`;
  },
  keys: ({ metadata }, headDim) => {
    const count = (key: string): number => metadata.requiredCount(`gemma3.${key}`);
    const [layers, heads] = [count('block_count'), count('attention.head_count')];
    const local = metadata.number('gemma3.rope.freq_base_swa') ?? 10_000;
    return {
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: ggufScalar(layers, count('embedding_length'), heads, headDim),
      rope_local_base_freq: shortestDecimal(local),
    };
  },
};

export const gemma3: DecoderVariant<File> = {
  modelType: 'gemma3_text',
  className: 'Gemma3ForCausalLM',
  schema,
  windows: periodicWindows(6),
  defaults: { headDim: 256, maxPositions: 131_072 },
  problem,
  ropes: (file) => nestedRopes(file, file.rope_local_base_freq),
  parts: (file) => ({
    qkvBias: file.attention_bias,
    outputBias: file.attention_bias,
    mlpBias: false,
    qkNorm: 'heads',
    norms: 'around',
    normOffset: 1,
    embeddingScale: Math.sqrt(file.hidden_size),
    queryScalar: file.query_pre_attn_scalar,
    logitCap: file.final_logit_softcapping ?? undefined,
  }),
  keys: (config) => ({
    hidden_activation: config.activation,
    attention_bias: config.qkvBias,
    query_pre_attn_scalar: config.queryScalar!,
    final_logit_softcapping: config.logitCap ?? null,
    rope_local_base_freq: config.localRope!.theta,
    ...nestedRopeKeys(config.rope, config.localRope!),
  }),
  gguf,
};
