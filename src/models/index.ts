/** @file Models: configuration, forward pass, checkpoints. */

export { loadAdapter, saveAdapter } from './adapter.ts';
export type { Architecture } from './architecture.ts';
export {
  type LoadOptions,
  loadModel,
  loadReader,
  replaceWeights,
  type SaveOptions,
  saveModel,
} from './checkpoint.ts';
export { parseConfig, readConfig, withPredictors } from './config.ts';
export { saveAsFolder, saveAsGguf, storedWeights } from './convert.ts';
export { GPU_KERNELS, type Kernels } from './decoder-memory.ts';
export { balanceExperts, busiest, hasExpertBiases, hasExperts, type LayerLoad } from './expert-load.ts';
export { type GenerationConfig, readGenerationConfig } from './generation-config.ts';
export type { GgufType } from './gguf/encoding-choice.ts';
export { type InitOptions, initModel } from './init.ts';
export {
  type ForwardInput,
  type LanguageModel,
  type ModelConfig,
  type ModelParts,
  type Predictor,
  sampledPositions,
} from './language-model.ts';
export {
  type BlockCopy,
  type CachePass,
  type CacheRow,
  type CacheShape,
  isQuantised,
  type LoraOptions,
  loraSchema,
  type ModelCache,
  mergeLora,
  type QuantisedBase,
  Routing,
  type SampledExperts,
  type StaticPasses,
  type StaticRows,
  trainableParameters,
  withLora,
} from './layers/index.ts';
export { type LoadTrainedOptions, loadTrained } from './load-trained.ts';
export { type MergedValues, withMergedWeights } from './merged-weights.ts';
export type { ParallelShape } from './parallel-shape.ts';
export {
  frozenBytes,
  type Numerics,
  numericsOf,
  parameterBytes,
  policyBytes,
  type ReadingNumerics,
  storedDtype,
  useNumerics,
  useReadingNumerics,
} from './precision.ts';
export { requireRecompute, type StatesPass, statesPass, wholePass } from './recompute.ts';
export { ARCHITECTURES, registerArchitecture } from './registry.ts';
export { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors.ts';
export type { TensorEntry } from './safetensors-header.ts';
export { type SaveTrainedOptions, saveTrained } from './save-trained.ts';
export { endScores, endScoresPass, type ScoringOptions, scoreSequences } from './scores.ts';
export { type LaidOut, type LayoutOptions, layOut } from './sequences.ts';
export { followWeights, ownParameters, withSharedWeights } from './shared-weights.ts';
export {
  type ModelPart,
  type ModelSizes,
  modelParts,
  modelSizes,
  onShapes,
  parallelShape,
  tokenMemory,
} from './sizes.ts';
export { leftOut, type StoredType, storedTypes, tellLeftOut } from './stored-types.ts';
export {
  type HeadOptions,
  initHead,
  loadValueModel,
  ScalarHead,
  saveValueModel,
  ValueModel,
} from './value-model.ts';
