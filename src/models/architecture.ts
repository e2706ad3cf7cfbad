/** @file Architecture: what `model_type` in a config.json stands for, from its keys to a model in memory and back. */

import type { Json } from '../records.ts';
import type { DType } from '../torch/index.ts';
import { CausalLM } from './decoder.ts';
import {
  type DecoderConfig,
  type DecoderVariant,
  decoderKeys,
  decoderParallelShape,
  parseDecoderConfig,
} from './decoder-config.ts';
import { decoderTokenMemory, type TokenMemory, type TrainedPass } from './decoder-memory.ts';
import { decoderGguf } from './gguf/decoder.ts';
import type { GgufForm } from './gguf/form.ts';
import { groupedForm } from './grouped-form.ts';
import type { LanguageModel, ModelConfig } from './language-model.ts';
import type { Placement } from './layers/index.ts';
import type { ParallelShape } from './parallel-shape.ts';

export interface Architecture<Config extends ModelConfig = ModelConfig> {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** Class in transformers, the entry of `architectures` in config.json: it ends with `ForCausalLM`. */
  readonly className: string;
  /**
   * Reads the keys of a config.json.
   * @param where - file or recipe path the keys come from, for messages
   * @throws UserError naming the key, its value and what is known
   */
  parse(keys: unknown, where: string): Config;
  /** The whole config.json of a model: the inverse of `parse`. */
  keys(config: Config, dtype: DType): { readonly [key: string]: Json };
  /** A model in memory, its values not yet set; on the device `meta`, its shapes alone. */
  create(config: Config, placement: Placement): LanguageModel;
  /** The parameter that a tensor of a checkpoint fills, where it has another name; the names are the same unless given. */
  parameterOf?(name: string): string;
  /** Whether a tensor of a checkpoint is of a part that the model does not have; none is where this is missing. */
  isSpare?(name: string, config: Config): boolean;
  /** Tensors that a written checkpoint has twice: the second name, and that of the parameter. None where it is missing. */
  copies?(config: Config): readonly (readonly [name: string, parameter: string])[];
  /** What training takes for each token, for estimates; missing where it is not known. */
  tokenMemory?(config: Config, pass: TrainedPass): TokenMemory;
  /** How its layers can be divided over GPUs, for a plan; missing where that is not known. */
  parallelShape?(config: Config): ParallelShape;
  /** How a GGUF file has it; missing where GGUF files of it are neither read nor written. */
  readonly gguf?: GgufForm<Config>;
}

/** An architecture that is a variant of the shared decoder. */
export function decoderArchitecture(variant: DecoderVariant): Architecture<DecoderConfig> {
  const { gguf } = variant;
  return {
    modelType: variant.modelType,
    className: variant.className,
    parse: (keys, where) => parseDecoderConfig(variant, keys, where),
    keys: (config, dtype) => decoderKeys(variant, config, dtype),
    create: (config, placement) => new CausalLM(config, groupedForm(config), placement),
    tokenMemory: decoderTokenMemory,
    parallelShape: decoderParallelShape,
    ...(gguf !== undefined && { gguf: decoderGguf({ ...variant, gguf }) }),
  };
}
