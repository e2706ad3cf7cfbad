/**
 * @file OLMo 2 (arXiv 2501.00656): norms behind attention and feed-forward and none before them, RMSNorm of all queries and of
 * all keys of a token.
 *
 * Weight names: those of llama without `input_layernorm`, with `model.layers.N.post_feedforward_layernorm.weight` and
 * `model.layers.N.self_attn.{q,k}_norm.weight`, as wide as the projections.
 */
import { z } from 'zod';
import type { Metadata } from '../../gguf/index.ts';
import { type ConfigFile, configFileSchema } from '../config-file.ts';
import type { DecoderConfig, DecoderParts, DecoderVariant } from '../decoder-config.ts';
import type { DecoderGguf } from '../gguf/form.ts';

const GGUF_NAME = 'olmo2';

export const olmo2: DecoderVariant = {
  modelType: 'olmo2',
  className: 'Olmo2ForCausalLM',
  schema: configFileSchema.extend({ rms_norm_eps: z.number().positive().default(1e-5) }),
  defaults: { maxPositions: 2048 },
  parts: olmoParts,
  keys: ({ qkvBias }) => ({ attention_bias: qkvBias }),
  gguf: { ...olmoGguf(), isOf: (metadata) => !hasWindow(metadata) },
};

/** The parts of OLMo 2 and 3. */
export function olmoParts({ attention_bias: bias }: ConfigFile): DecoderParts {
  return { qkvBias: bias, outputBias: bias, mlpBias: false, qkNorm: 'tokens', norms: 'behind' };
}

/** How llama.cpp computes them: under one name, and OLMo 3 is the one with a window. */
export function olmoGguf(): DecoderGguf<DecoderConfig> {
  return { name: GGUF_NAME, paired: false, biases: [], freeHeads: false, factors: false };
}

export function hasWindow(metadata: Metadata): boolean {
  return (metadata.count(`${GGUF_NAME}.attention.sliding_window`) ?? 0) > 0;
}
