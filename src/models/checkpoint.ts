/**
 * @file Checkpoints: Hugging Face folders in and out.
 *
 * A folder holds config.json, model.safetensors (or shards with an index), and the tokenizer's files. Loading copies
 * one tensor at a time; saving writes what transformers would load, tokenizer and chat template included.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UsageError, UserError } from '../errors.ts';
import { isGguf } from '../gguf/index.ts';
import type { Json } from '../records.ts';
import { makeDirectory, writeJsonAtomic } from '../run/atomic.ts';
import { readTokenizerFiles, writeTokenizerFiles } from '../text/index.ts';
import {
  type DType,
  dispose,
  isFloating,
  itemSize,
  noGrad,
  returnFreedMemory,
  scope,
  type Tensor,
  widened,
} from '../torch/index.ts';
import { architectureOf, configKeys, readConfig, withPredictors } from './config.ts';
import { specialTokenKeys } from './config-file.ts';
import type { LanguageModel, ModelConfig } from './language-model.ts';
import {
  buffersOf,
  type Module,
  type Placement,
  type QuantisedBase,
  quantisedOn,
  quantisedWeights,
  stateProblems,
} from './layers/index.ts';
import type { ReadingNumerics } from './precision.ts';
import { writeSafetensors } from './safetensors.ts';
import type { TensorEntry } from './safetensors-header.ts';
import { INDEX, SINGLE, StoredCheckpoint } from './stored-checkpoint.ts';

const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/;

/** Bytes of one file at most. */
const SHARD_BYTES = 5e9;

/** Problems listed in one message. */
const MAX_LISTED = 20;

export interface LoadOptions {
  /** cpu unless given. */
  readonly device?: string;
  /** What the parameters are converted to, whatever the file holds. float32 unless given. */
  readonly dtype?: DType;
  /** With the layers that predict tokens after the next, which are left out unless asked for. */
  readonly predictors?: boolean | undefined;
}

export interface LoadModelOptions extends LoadOptions {
  /** The linear layers but the head are quantised, each as it is read; none unless given. */
  readonly base?: QuantisedBase | undefined;
}

/**
 * Loads a model. Its parameters need no gradients until `requiresGrad_()`.
 * @throws UserError naming the file, key or tensor that is missing, unknown, misshapen or damaged
 */
export function loadModel(dir: string, options: LoadModelOptions = {}): LanguageModel {
  return loadCheckpoint(
    dir,
    (config, placement) => architectureOf(config).create(config, placement),
    options,
  );
}

/**
 * Loads a model that is only read: for scoring, sampling, evaluation and serving. A quantised base quantises the head too.
 * @param numerics - of useReadingNumerics
 * @throws as loadModel
 */
export function loadReader(
  dir: string,
  device: string,
  { dtype, base }: ReadingNumerics,
  { predictors }: Pick<LoadOptions, 'predictors'> = {},
): LanguageModel {
  const model = loadModel(dir, { device, dtype, base, predictors });
  if (base !== undefined) model.quantiseHead?.(base);
  // What the reading of the files and their conversion took is not needed again.
  returnFreedMemory();
  return model;
}

/** Makes the memory of a model: its names are those of a checkpoint. */
export type Create<M extends Module> = (config: ModelConfig, placement: Placement) => M;

/** As loadModel, for another kind of model of the same configuration. */
export function loadCheckpoint<M extends Module>(
  dir: string,
  create: Create<M>,
  options: LoadModelOptions = {},
): M {
  const { device = 'cpu', dtype = 'float32', base, predictors = false } = options;
  const config = predictors ? withPredictors(readConfig(dir), dir) : readConfig(dir);
  using stored = new StoredCheckpoint(dir, config);
  if (predictors) requirePredictors(config, stored, dir);
  requireFit(create, config, stored, dir);
  const model =
    base === undefined
      ? create(config, { device, dtype })
      : quantisedOn(create(config, { device: 'meta', dtype }), base, device);
  try {
    fill(model, stored);
  } catch (error) {
    dispose(model);
    throw error;
  }
  return model;
}

/**
 * Replaces the weights of a model that was loaded without quantisation, in place: graphs recorded with it stay good.
 * @param dir - a checkpoint of the same configuration
 * @throws UserError naming what is missing, damaged or of another shape: the model is as it was; another Error where the
 *   files end or fail in the middle: the model is of no use any more
 */
export function replaceWeights(model: LanguageModel, dir: string): void {
  const config = readConfig(dir);
  if (!isDeepStrictEqual(config, model.config)) {
    throw new UserError(
      `${dir}: its config.json is of another model than the one whose weights are to be replaced`,
      'Give a checkpoint that was trained from the one the model was loaded from.',
    );
  }
  using stored = new StoredCheckpoint(dir, config);
  requireFit((own, placement) => architectureOf(own).create(own, placement), config, stored, dir);
  try {
    noGrad(() => fill(model, stored));
  } catch (cause) {
    // No UserError: what was read so far is in the model.
    throw new Error(`${dir}: the weights could not be read to their end`, { cause });
  }
}

/**
 * Compares names and shapes before any memory is taken.
 * @throws UserError naming the tensors that are missing, misshapen or of no parameter
 */
export function requireFit(
  create: Create<Module>,
  config: ModelConfig,
  { tensors }: StoredCheckpoint,
  dir: string,
): void {
  const shapes = create(config, { device: 'meta', dtype: 'float32' });
  const expected = shapes.stateDict();
  const found = new Map([...tensors].map(([name, { entry }]) => [name, entry]));
  const problems = [...stateProblems(expected, found), ...integers(found)];
  dispose(shapes);
  if (problems.length === 0) return;
  const more = problems.length > MAX_LISTED ? [`and ${problems.length - MAX_LISTED} more`] : [];
  const listed = [...problems.slice(0, MAX_LISTED), ...more].join('\n    ');
  const what = `${dir}: the tensors do not fit the ${config.modelType} model of its`;
  if (isGguf(dir)) {
    const remedy = 'Its tensors are altered, or have names of another program: fetch or write it again.';
    throw new UsageError(`${what} metadata\n    ${listed}`, remedy);
  }
  throw new UserError(
    `${what} config.json\n    ${listed}`,
    'check that config.json and the safetensors files belong together',
  );
}

/** @throws UserError where config.json has another number of predictors than the files */
function requirePredictors(
  { layers, predictors = 0 }: ModelConfig,
  { tensors }: StoredCheckpoint,
  dir: string,
): void {
  const layerOf = (name: string): number => Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? -1);
  const found = new Set([...tensors.keys()].map(layerOf).filter((layer) => layer >= layers)).size;
  if (found >= predictors) return;
  throw new UserError(
    `${path.join(dir, 'config.json')}: num_nextn_predict_layers: ${predictors}, but the files have the tensors of ${found} such layers`,
    found === 0
      ? 'leave multi-token prediction out, or fetch the files that are missing'
      : `set it to ${found}`,
  );
}

/** Tensors of whole numbers: codes of a quantisation that is not known here, which are no weights by themselves. */
function integers(found: ReadonlyMap<string, TensorEntry>): string[] {
  return [...found]
    .filter(([, { dtype, fp8, encoding }]) => !isFloating(dtype) && !fp8 && encoding === undefined)
    .map(([name, { dtype }]) => `not a floating type: ${name} is ${dtype}`);
}

function fill(model: Module, stored: StoredCheckpoint): void {
  const parameters = model.stateDict();
  const quantised = quantisedWeights(model);
  for (const [parameter, { file, name }] of stored.tensors) {
    const weight = quantised.get(parameter);
    if (weight === undefined) {
      file.readInto(name, parameters.get(parameter)!);
    } else {
      using values = file.read(name);
      weight.store(values);
    }
  }
}

export interface SaveOptions {
  /** Folder whose tokenizer, chat template and generation settings go along. */
  readonly tokenizerFrom?: string;
  /** Largest weight file, bytes; 5 GB unless given. A single tensor above it has a file of its own. */
  readonly shardBytes?: number;
  /** Of the weights in the files, but for buffers (float32), and of config.json; the model's unless given. */
  readonly dtype?: DType;
  /**
   * A parameter's values before they were rounded for the model, by its name, as a tensor that is freed here; undefined
   * where the model's own are all there are. Read where `dtype` is not the model's.
   */
  readonly exact?: (name: string) => Tensor | undefined;
  /**
   * All values of a parameter by its name, as a tensor that is freed here, in place of those of the model: of that the names
   * and shapes alone are read. `exact` is of no use then.
   */
  readonly source?: (name: string, own: Tensor) => Tensor;
}

/**
 * Writes a checkpoint folder that transformers would load. Weights of an earlier checkpoint there
 * are replaced.
 * @throws UserError when `tokenizerFrom` holds no tokenizer
 */
export async function saveModel(model: LanguageModel, dir: string, options: SaveOptions = {}): Promise<void> {
  await saveCheckpoint(model, (dtype) => configKeys(model.config, dtype), dir, options);
}

/** As saveModel, for another kind of model: `keysOf` gives what its config.json says of weights in a dtype. */
export async function saveCheckpoint(
  model: Module & Pick<LanguageModel, 'config' | 'dtype'>,
  keysOf: (dtype: DType) => { readonly [key: string]: Json },
  dir: string,
  options: SaveOptions = {},
): Promise<void> {
  const { tokenizerFrom = dir, shardBytes = SHARD_BYTES, dtype = model.dtype } = options;
  const { exact = () => undefined } = options;
  const ownSource = (name: string, own: Tensor): Tensor => (own.dtype === dtype ? own : (exact(name) ?? own));
  const buffers = buffersOf(model);
  const copies = new Map(architectureOf(model.config).copies?.(model.config));
  const source = options.source ?? ownSource;
  const weights: Weights = {
    dtypeOf: (own) => (buffers.has(own) ? widened(dtype) : dtype),
    source: (name, own) => source(copies.get(name) ?? name, own),
  };
  makeDirectory(dir);
  if (path.resolve(tokenizerFrom) !== path.resolve(dir)) {
    writeTokenizerFiles(readTokenizerFiles(tokenizerFrom), dir);
  }
  const generation = path.join(dir, 'generation_config.json');
  if (!existsSync(generation)) await writeJsonAtomic(generation, specialTokenKeys(model.config));
  await writeJsonAtomic(path.join(dir, 'config.json'), keysOf(dtype));
  const shards = split(withCopies(model.stateDict(), copies), weights, shardBytes);
  const written = shards.length === 1 ? [SINGLE] : [...(await writeShards(shards, dir, weights)), INDEX];
  if (shards.length === 1) await writeShard(path.join(dir, SINGLE), shards[0]!, weights);
  for (const name of readdirSync(dir)) {
    const isWeights = name === SINGLE || name === INDEX || SHARD.test(name);
    if (isWeights && !written.includes(name)) rmSync(path.join(dir, name));
  }
}

/** The tensors with those that are written twice, where the model has what they are copies of. */
function withCopies(
  tensors: ReadonlyMap<string, Tensor>,
  copies: ReadonlyMap<string, string>,
): Map<string, Tensor> {
  const all = new Map(tensors);
  for (const [name, parameter] of copies) {
    const own = tensors.get(parameter);
    if (own !== undefined) all.set(name, own);
  }
  return all;
}

/** Consecutive tensors, as many as fit, per file. */
function split(
  tensors: ReadonlyMap<string, Tensor>,
  { dtypeOf }: Weights,
  limit: number,
): Map<string, Tensor>[] {
  const shards = [new Map<string, Tensor>()];
  let bytes = 0;
  for (const [name, tensor] of tensors) {
    const size = tensor.numel * itemSize[dtypeOf(tensor)];
    if (bytes > 0 && bytes + size > limit) {
      shards.push(new Map());
      bytes = 0;
    }
    shards.at(-1)!.set(name, tensor);
    bytes += size;
  }
  return shards;
}

/** What the tensors of files are: see SaveOptions. */
interface Weights extends Required<Pick<SaveOptions, 'source'>> {
  /** Of a parameter in its file. */
  dtypeOf(own: Tensor): DType;
}

/** Writes one file, its tensors converted. */
async function writeShard(
  file: string,
  shard: ReadonlyMap<string, Tensor>,
  { dtypeOf, source }: Weights,
): Promise<void> {
  const convert = (name: string, own: Tensor): Tensor => scope(() => source(name, own).to(dtypeOf(own)));
  const converted = noGrad(() =>
    scope(() => new Map([...shard].map(([name, own]) => [name, convert(name, own)]))),
  );
  try {
    await writeSafetensors(file, converted);
  } finally {
    dispose(converted);
  }
}

/** Writes the files and their index; returns the files' names. */
async function writeShards(
  shards: readonly ReadonlyMap<string, Tensor>[],
  dir: string,
  weights: Weights,
): Promise<string[]> {
  const padded = (number: number): string => String(number).padStart(5, '0');
  const names = shards.map((_, i) => `model-${padded(i + 1)}-of-${padded(shards.length)}.safetensors`);
  for (const [i, shard] of shards.entries()) await writeShard(path.join(dir, names[i]!), shard, weights);
  const places = shards.flatMap((shard, i) => [...shard.keys()].map((name) => [name, names[i]!] as const));
  const total_size = shards
    .flatMap((shard) => [...shard.values()])
    .reduce((sum, own) => sum + own.numel * itemSize[weights.dtypeOf(own)], 0);
  await writeJsonAtomic(path.join(dir, INDEX), {
    metadata: { total_size },
    weight_map: Object.fromEntries(places),
  });
  return names;
}
