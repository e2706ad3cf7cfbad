/** @file Models: configuration, forward pass, checkpoints. */
export {
  KVCache,
  type LoraOptions,
  loraSchema,
  mergeLora,
  trainableParameters,
  withLora,
} from '../nn/index.ts';
export { loadAdapter, saveAdapter } from './adapter.ts';
export type { Architecture, DecoderParts } from './architecture.ts';
export { type LoadOptions, loadModel, type SaveOptions, saveModel } from './checkpoint.ts';
export { configKeys, type DecoderConfig, parseConfig, readConfig } from './config.ts';
export { CausalLM, type ForwardInput } from './decoder.ts';
export { type InitOptions, initModel, type ModelSizes, modelSizes } from './init.ts';
export { ARCHITECTURES } from './registry.ts';
export { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors.ts';
export type { TensorEntry } from './safetensors-header.ts';
export { endScores, type ScoringOptions, scoreSequences } from './scores.ts';
export {
  type HeadOptions,
  initHead,
  loadValueModel,
  ScalarHead,
  saveValueModel,
  ValueModel,
} from './value-model.ts';
