/** @file The size of a model: parameters and bytes, counted on tensors that have shapes and no memory. */
import { type DType, itemSize, scope, type Tensor } from '../torch/index.ts';
import { architectureOf } from './config.ts';
import type { TokenMemory, TrainedPass } from './decoder-memory.ts';
import { mixturesIn } from './expert-load.ts';
import type { LanguageModel, ModelConfig } from './language-model.ts';
import { innerLinears } from './layers/index.ts';
import type { ParallelShape } from './parallel-shape.ts';

export interface ModelSizes {
  readonly parameters: number;
  /** Parameters that compute with a token: see `countActive`. */
  readonly active: number;
  /** Weights of linear layers but the head: those that can be quantised. */
  readonly inner: number;
  /** Of the weights. */
  readonly bytes: number;
  /** Of one token's keys and values in a cache. */
  readonly cacheBytesPerToken: number;
  /** Of what a cache keeps of a row whatever its length; 0 for models that keep tokens alone. */
  readonly stateBytesPerRow: number;
}

/** A kind of parameters of a model. */
export interface ModelPart {
  readonly part: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly active: number;
}

/** What training takes for each token, see TokenMemory; null for an architecture that does not say. */
export function tokenMemory(config: ModelConfig, pass: TrainedPass): TokenMemory | null {
  return architectureOf(config).tokenMemory?.(config, pass) ?? null;
}

/** How a model's layers can be divided over GPUs; null for an architecture that does not say. */
export function parallelShape(config: ModelConfig): ParallelShape | null {
  return architectureOf(config).parallelShape?.(config) ?? null;
}

/** Sizes that have been counted: of a model with many experts that takes half a second. */
const counted = new WeakMap<ModelConfig, Map<DType, ModelSizes>>();

/** What a model of this configuration weighs in `dtype`, without building it. */
export function modelSizes(config: ModelConfig, dtype: DType = 'float32'): ModelSizes {
  const known = counted.get(config) ?? new Map<DType, ModelSizes>();
  const sizes = known.get(dtype) ?? countSizes(config, dtype);
  counted.set(config, known.set(dtype, sizes));
  return sizes;
}

function countSizes(config: ModelConfig, dtype: DType): ModelSizes {
  return onShapes(config, dtype, (model) => {
    const parameters = countParameters(model.parameters());
    return {
      parameters,
      active: countActive(model),
      inner: innerLinears(model).reduce((sum, [, { weight }]) => sum + weight.numel, 0),
      bytes: parameters * itemSize[dtype],
      cacheBytesPerToken: model.cacheBytesPerToken,
      stateBytesPerRow: model.stateBytesPerRow ?? 0,
    };
  });
}

/** The parameters of a model by kind, in the order of the checkpoint. */
export function modelParts(config: ModelConfig): ModelPart[] {
  return onShapes(config, 'float32', (model) => {
    const shares = activeShares(model);
    const parts = new Map<string, { tensors: number; parameters: number; active: number }>();
    for (const [name, { numel }] of model.namedParameters()) {
      const part = partOf(name);
      const sum = parts.get(part) ?? { tensors: 0, parameters: 0, active: 0 };
      sum.tensors += 1;
      sum.parameters += numel;
      sum.active += numel * shares(name);
      parts.set(part, sum);
    }
    return [...parts].map(([part, sum]) => ({ part, ...sum, active: Math.round(sum.active) }));
  });
}

/** Reads a model of this configuration whose tensors have shapes and no memory. */
export function onShapes<T>(config: ModelConfig, dtype: DType, read: (model: LanguageModel) => T): T {
  return scope(() => read(architectureOf(config).create(config, { device: 'meta', dtype })));
}

function countParameters(parameters: readonly Tensor[]): number {
  return parameters.reduce((sum, { numel }) => sum + numel, 0);
}

/**
 * Parameters that compute with a token. Of a mixture of experts these are the router, the shared experts and k of the E
 * experts. An embedding that is not the head too is only looked up, so it does not count: DeepSeek-V3's 37B are counted so.
 */
function countActive(model: LanguageModel): number {
  const shares = activeShares(model);
  const active = model.namedParameters().reduce((sum, [name, { numel }]) => sum + numel * shares(name), 0);
  return Math.round(active);
}

const EMBEDDING = 'model.embed_tokens.';

/** The share of a parameter that computes with a token, by its name. */
function activeShares(model: LanguageModel): (name: string) => number {
  const experts = new Map(mixturesIn(model).map(([path, { share }]) => [path, share]));
  const embedding = model.config.tieEmbeddings ? 1 : 0;
  return (name) => {
    if (name.startsWith(EMBEDDING)) return embedding;
    const at = name.indexOf('.experts.');
    return at < 0 ? 1 : (experts.get(name.slice(0, at)) ?? 1);
  };
}

/** What kind of parameter has a name; the first that fits. */
const KINDS: readonly (readonly [kind: string, name: RegExp])[] = [
  ['embedding', /^model\.embed_tokens\./],
  ['head', /^lm_head\./],
  ['attention', /attn\./],
  ['router', /\.mlp\.(gate|router)\./],
  ['shared experts', /\.shared_experts?\./],
  ['experts', /\.experts\./],
  ['feed-forward', /\.mlp\./],
  ['norms', /norm/],
];

function partOf(name: string): string {
  return KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
}
