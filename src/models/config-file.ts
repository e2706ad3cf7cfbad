/** @file The keys of a Hugging Face config.json that a decoder reads, with transformers' defaults. Others are ignored. */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Json } from '../records.ts';
import { count, layerCount, width } from './config-sizes.ts';
import { describeIssue } from './expectation.ts';
import { expertsSchema } from './experts-file.ts';
import { fp8Problem } from './fp8.ts';
import type { ModelConfig } from './language-model.ts';
import { activations } from './layers/index.ts';
import { ropeSchema } from './rope-file.ts';
import { windowSchema } from './window-file.ts';

export const REMEDY = 'use the config.json of a supported model, or change the key named';

/**
 * The keys of a config.json as a schema has them.
 * @param where - file or recipe path they come from
 * @throws UserError naming the first key that is not as it must be
 */
export function parseKeys<File>(schema: z.ZodType<File>, keys: unknown, where: string): File {
  const parsed = schema.safeParse(keys);
  if (parsed.success) return parsed.data;
  throw new UserError(`${where}: ${describeIssue(parsed.error.issues[0]!, keys)}`, REMEDY);
}

/** @param problem - what of the keys is not computed, or null @throws UserError where there is one */
export function requireSupported(problem: string | null, where: string): void {
  if (problem !== null) throw new UserError(`${where}: ${problem}`, REMEDY);
}

const tokenId = z.number().int().nonnegative();

export const configFileSchema = z.looseObject({
  vocab_size: width,
  hidden_size: width,
  intermediate_size: width,
  num_hidden_layers: layerCount,
  num_attention_heads: width,
  num_key_value_heads: width.nullish(),
  head_dim: width.nullish(),
  hidden_act: z.enum(Object.keys(activations) as (keyof typeof activations)[]).default('silu'),
  max_position_embeddings: count.optional(),
  original_max_position_embeddings: count.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  initializer_range: z.number().nonnegative().default(0.02),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  rope_parameters: ropeSchema.nullish(),
  rope_theta: z.number().positive().default(10_000),
  rope_scaling: ropeSchema.nullish(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  // −1 says that there is none.
  pad_token_id: tokenId.or(z.literal(-1).transform(() => null)).nullish(),
  ...windowSchema,
  ...expertsSchema,
  quantization_config: z.unknown().optional(),
});

export type ConfigFile = z.output<typeof configFileSchema>;

/** What this project does not compute, as a message, or null where the file asks for nothing of the kind. */
export function unsupported(file: ConfigFile): string | null {
  return file.quantization_config == null ? null : fp8Problem(file.quantization_config);
}

/** Ids of special tokens, as config.json and generation_config.json have them. */
export function specialTokenKeys(config: ModelConfig): { readonly [key: string]: Json } {
  const { bosId, eosIds, padId } = config;
  return {
    bos_token_id: bosId,
    eos_token_id: eosIds.length > 1 ? eosIds : (eosIds[0] ?? null),
    pad_token_id: padId,
  };
}
