/** @file Experts in the config.json of Qwen3-MoE: how many, how wide, and which layers have them. */
import { z } from 'zod';
import type { Json } from '../records.ts';
import { count, expertCount, width } from './config-sizes.ts';

/** The keys of config.json. transformers 5 writes `num_local_experts`, earlier versions `num_experts`. */
export const expertsSchema = {
  num_experts: expertCount.nullish(),
  num_local_experts: expertCount.nullish(),
  num_experts_per_tok: count.nullish(),
  moe_intermediate_size: width.nullish(),
  norm_topk_prob: z.boolean().nullish(),
  decoder_sparse_step: count.nullish(),
  mlp_only_layers: z.array(z.number().int().nonnegative()).nullish(),
};

type ExpertsFile = z.output<z.ZodObject<typeof expertsSchema>>;

/** The experts of a model whose layers have some. */
export interface ExpertsConfig {
  readonly experts: number;
  /** Experts that read a token. */
  readonly perToken: number;
  /** Width of an expert. */
  readonly width: number;
  /** The weights of a token's experts are divided by their sum. */
  readonly normalised: boolean;
  /** Every `sparseStep`-th layer has experts, but for `denseLayers`. */
  readonly sparseStep: number;
  readonly denseLayers: readonly number[];
}

/** Whether a layer has experts in place of one block. */
export function isSparse({ sparseStep, denseLayers }: ExpertsConfig, layer: number): boolean {
  return (layer + 1) % sparseStep === 0 && !denseLayers.includes(layer);
}

/** The experts that a file asks for; transformers' defaults where it says nothing. */
export function expertsOf(file: ExpertsFile): ExpertsConfig {
  return {
    experts: file.num_experts ?? file.num_local_experts ?? 128,
    perToken: file.num_experts_per_tok ?? 8,
    width: file.moe_intermediate_size ?? 768,
    normalised: file.norm_topk_prob ?? false,
    sparseStep: file.decoder_sparse_step ?? 1,
    denseLayers: file.mlp_only_layers ?? [],
  };
}

/** What cannot be computed of these keys, as a message, or null. */
export function expertsProblem(file: ExpertsFile): string | null {
  const { num_experts: older, num_local_experts: newer } = file;
  if (older != null && newer != null && older !== newer)
    return `num_experts is ${older}, num_local_experts ${newer}: they must be the same`;
  const { experts, perToken } = expertsOf(file);
  if (perToken <= experts) return null;
  return `num_experts_per_tok: ${perToken} of ${experts} experts`;
}

/** The keys that ask for these experts: the inverse of `expertsOf`. */
export function expertsKeys(config: ExpertsConfig): { readonly [key: string]: Json } {
  return {
    num_experts: config.experts,
    num_local_experts: config.experts,
    num_experts_per_tok: config.perToken,
    moe_intermediate_size: config.width,
    norm_topk_prob: config.normalised,
    decoder_sparse_step: config.sparseStep,
    mlp_only_layers: [...config.denseLayers],
  };
}
