/** @file Parts of models. */
export { Attention, attend, type Pass, rotate, rotatePart } from './attention.ts';
export { readsGroups, varlenKernel } from './attention-kernels.ts';
export { BlockCache } from './block-cache.ts';
export { BlockPass } from './block-pass.ts';
export type {
  BlockCopy,
  CachePass,
  CacheRow,
  CacheShape,
  KeyValuePass,
  ModelCache,
  StaticPasses,
  StaticRows,
} from './cache.ts';
export { chunkedDeltaRule, DELTA_CHUNK, type DeltaOutputs, recurrentDeltaRule } from './delta-rule.ts';
export { Embedding } from './embedding.ts';
export { Mixture, MixtureOfExperts, sharesOf } from './experts.ts';
export { fewRowsLinear } from './few-rows.ts';
export { JointLinears, type JointWeights } from './joint-linear.ts';
export { Linear } from './linear.ts';
export {
  adaptedLayers,
  addLowRank,
  innerLinears,
  type LoraOptions,
  linearLayers,
  loraSchema,
  mergeLora,
  type NamedLinear,
  type QuantisedBase,
  trainableParameters,
  withLora,
} from './lora.ts';
export { type AttentionMask, attentionMask } from './mask.ts';
export { type Activation, activations, FusedMLP, GatedMLP } from './mlp.ts';
export {
  buffersOf,
  float32Parameters,
  Module,
  type Placement,
  stateProblems,
  submodules,
  zerosOf,
} from './module.ts';
export {
  isQuantised,
  quantisedBytes,
  quantisedOn,
  quantisedWeight,
  quantisedWeights,
  unquantisedParameters,
} from './quantised-base.ts';
export { QuantisedWeight, quantisedLinear } from './quantised-weight.ts';
export { RMSNorm } from './rms-norm.ts';
export type { NormOffset } from './rms-norm-kernel.ts';
export { attentionFactor, type RopeConfig, scoreFactor, steadyLength } from './rope.ts';
export { Rotary, type Rotation } from './rotary.ts';
export { type LayerRouting, Router, type Routes, SigmoidRouter, SoftmaxRouter } from './router.ts';
export { Routing, type SampledExperts } from './routing.ts';
export type { StateKind } from './row-states.ts';
export {
  checkSegments,
  longestSegment,
  type Segments,
  sameSegment,
  segmentNumbers,
  segmentPositions,
} from './segments.ts';
export { ShortConvolution } from './short-convolution.ts';
export { StaticBlockPass } from './static-pass.ts';
