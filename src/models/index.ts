/** @file Models: configuration, forward pass, checkpoints. */
export type { KVCache } from '../nn/index.ts';
export type { Architecture } from './architecture.ts';
export { type LoadOptions, loadModel, type SaveOptions, saveModel } from './checkpoint.ts';
export { type DecoderConfig, parseConfig, readConfig } from './config.ts';
export { CausalLM, type ForwardInput } from './decoder.ts';
export { type InitOptions, initModel, modelSizes } from './init.ts';
export { ARCHITECTURES } from './registry.ts';
export { readSafetensors, SafetensorsFile, type TensorEntry, writeSafetensors } from './safetensors.ts';
