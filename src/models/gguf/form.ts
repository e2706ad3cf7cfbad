/** @file GgufForm: how an architecture is stored in a GGUF file. */
import type { GgufFile, Metadata, TypedValues } from '../../gguf/index.ts';
import type { Json } from '../../records.ts';
import type { Tensor } from '../../torch/index.ts';
import type { ModelConfig } from '../language-model.ts';
import type { Activation } from '../layers/index.ts';

/**
 * A tensor of a GGUF file and the parameter it holds. Several may have the same name: a tensor of experts holds one parameter of
 * each. Several may have the same parameter, which lies in more than one tensor then.
 */
export interface GgufParameter {
  /** Name in the GGUF file. */
  readonly name: string;
  /** Name of the parameter. */
  readonly parameter: string;
  /** Its place among the parameters that the tensor holds one behind the other; the tensor holds it alone unless given. */
  readonly index?: number | undefined;
  /**
   * Where the values of the tensor lie in the parameter: a view of it with these values in their order. Unless given they are
   * all values of the parameter in its order.
   */
  readonly view?: ((parameter: Tensor) => Tensor) | undefined;
  /** The shapes of both, where they are not the same. */
  readonly shapes?: { readonly tensor: readonly number[]; readonly parameter: readonly number[] } | undefined;
  /** What the values there are above those of the parameter; they are float32 then. 0 unless given. */
  readonly offset?: number | undefined;
}

/** A tensor that holds no parameter, float32. */
export interface GgufTable {
  readonly name: string;
  readonly values: readonly number[];
}

/** An architecture as a GGUF file has it. */
export interface GgufForm<Config extends ModelConfig = ModelConfig> {
  /** `general.architecture`. */
  readonly name: string;
  /** Whether a file with this name holds the architecture, where several have it; it does unless given. */
  isOf?(metadata: Metadata): boolean;
  /**
   * The keys of a config.json that metadata and tensors stand for.
   * @throws UsageError naming the key that is missing or asks for what is not computed
   */
  configKeys(file: GgufFile): { readonly [key: string]: Json };
  /**
   * The metadata of a configuration, tokenizer and `general.*` left out.
   * @param where - the checkpoint, for messages
   * @throws UsageError naming the setting that llama.cpp has no equivalent for
   */
  metadata(config: Config, where: string): TypedValues;
  /** The tensors that hold the parameters. */
  parameters(config: Config): readonly GgufParameter[];
  /** Further tensors. */
  tables(config: Config): readonly GgufTable[];
}

/** How llama.cpp computes an architecture that is a variant of the shared decoder. */
export interface DecoderGguf<Config extends ModelConfig> {
  /** `general.architecture`. */
  readonly name: string;
  /**
   * Whether it rotates neighbouring dimensions: then the rows of each query and key head lie in pairs (LLAMA_ROPE_TYPE_NORM),
   * else in halves as in transformers (LLAMA_ROPE_TYPE_NEOX).
   */
  readonly paired: boolean;
  /** Biases it reads besides those of q, k and v. */
  readonly biases: readonly ('outputBias' | 'mlpBias')[];
  /** Whether heads may be of another size than hidden size ÷ heads. */
  readonly freeHeads: boolean;
  /** Whether it reads the tensor of rotation factors of Llama 3. */
  readonly factors: boolean;
  /** Whether it has windows, and which are those of a file; without, a model whose window hides nothing is written. */
  readonly windows?: GgufWindows;
  /** Whether it has partial rotary positions, with the factors of longrope (Phi-3). */
  readonly partial?: boolean;
  /** Whether every layer has experts. */
  readonly sparse?: boolean;
  /** The activation it computes; silu unless given. */
  readonly activation?: Activation;
  /** What else of a configuration it does not compute, as a message, or null. */
  problem?(config: Config): string | null;
  /** The keys of config.json that a file stands for besides those of all decoders. */
  keys?(file: GgufFile, headDim: number): { readonly [key: string]: Json };
  /** See GgufForm. */
  isOf?(metadata: Metadata): boolean;
}

/** The windows that llama.cpp computes for an architecture. */
export interface GgufWindows {
  /** All but every so many layers have one. */
  readonly period: number;
}
