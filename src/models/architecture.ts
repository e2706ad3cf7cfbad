/** @file What one architecture adds to the shared decoder: which of its parts it has, and how config.json says so. */
import type { Json } from '../records.ts';
import type { ConfigFile } from './config-file.ts';

/** Where the architectures of this project differ. */
export interface DecoderParts {
  /** Biases of q_proj, k_proj and v_proj. */
  readonly qkvBias: boolean;
  /** Bias of o_proj. */
  readonly outputBias: boolean;
  /** Biases of gate_proj, up_proj and down_proj. */
  readonly mlpBias: boolean;
  /** RMSNorm of each query and key head before the rotation. */
  readonly qkNorm: boolean;
}

export interface Architecture {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** Class in transformers, the entry of `architectures` in config.json. */
  readonly className: string;
  /** Values transformers assumes where config.json leaves a key out. */
  readonly defaults: { readonly headDim?: number; readonly maxPositions: number };
  /** The parts a config.json asks for. */
  parts(file: ConfigFile): DecoderParts;
  /** The keys of config.json that ask for these parts: the inverse of `parts`. */
  keys(parts: DecoderParts): { readonly [key: string]: Json };
}
