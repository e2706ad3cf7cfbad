/** @file StoredCheckpoint: the tensors of a checkpoint, a folder or a GGUF file, found in its files and read one by one. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { isGguf } from '../gguf/index.ts';
import { empty, noGrad, type Tensor } from '../torch/index.ts';
import { architectureOf, readJson } from './config.ts';
import { dequantiseFp8, FP8_SCALES, requireScales } from './fp8.ts';
import { GgufWeights } from './gguf/weights.ts';
import type { ModelConfig } from './language-model.ts';
import { dequantiseMxfp4, MXFP4_CODES, MXFP4_SCALES, mxfp4Shape, requireMxfp4 } from './mxfp4.ts';
import { SafetensorsFile } from './safetensors.ts';
import type { TensorEntry } from './safetensors-header.ts';

/** The weights in one file, and the index of those in several. */
export const SINGLE = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';

/** A file with tensors, each by its name there. */
interface WeightFile extends WeightReader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Of a tensor in FP8; missing where a file has none. */
  readCodes?(name: string): Tensor;
  close(): void;
}

/** What tensors are read by. */
interface WeightReader {
  read(name: string): Tensor;
  readInto(name: string, target: Tensor): void;
}

/** An open checkpoint. Close it. */
export class StoredCheckpoint {
  /** By the parameter that each fills. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Names of the tensors that are of parts the model does not have. */
  readonly spare: readonly string[];
  readonly #files: WeightFile[] = [];

  /** @throws UserError naming the file that is missing or damaged */
  constructor(dir: string, config: ModelConfig) {
    try {
      if (isGguf(dir)) this.#files.push(ggufWeights(dir, config));
      else for (const file of weightFiles(dir)) this.#files.push(new SafetensorsFile(path.join(dir, file)));
      const { isSpare = () => false } = architectureOf(config);
      const names = this.#files.flatMap(({ entries }) => [...entries.keys()]);
      this.spare = names.filter((name) => isSpare(name, config));
      this.tensors = storedTensors(this.#files, config, dir);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The values of a parameter, on the CPU in the dtype of the file; undefined where there are none. */
  read(parameter: string): Tensor | undefined {
    const stored = this.tensors.get(parameter);
    return stored?.file.read(stored.name);
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Where a parameter lies: the file, and its name there. */
interface StoredTensor {
  readonly file: WeightReader;
  readonly name: string;
  readonly entry: TensorEntry;
}

const HEAD = 'lm_head.weight';
const EMBEDDING = 'model.embed_tokens.weight';

/**
 * The tensors of a checkpoint by the parameter each fills. Buffers that old checkpoints carry are left out, parts that the
 * architecture does not compute, and the head of a model that has it tied to the embedding; of the two a checkpoint may hold
 * the head alone. Weights in FP8 take in their factors, those in MXFP4 their scales.
 * @throws UserError where the factors or scales of a weight are not there
 */
function storedTensors(
  files: readonly WeightFile[],
  config: ModelConfig,
  dir: string,
): Map<string, StoredTensor> {
  const all = files.flatMap((file) => [...file.entries].map(([name, entry]) => ({ file, name, entry })));
  const { isSpare = () => false, parameterOf = (name: string) => name } = architectureOf(config);
  const stored = new Map<string, FoundTensor>(all.map((tensor) => [parameterOf(tensor.name), tensor]));
  for (const name of stored.keys())
    if (name.endsWith('.rotary_emb.inv_freq') || isSpare(name, config)) stored.delete(name);
  const head = stored.get(HEAD);
  if (config.tieEmbeddings && head !== undefined) {
    if (!stored.has(EMBEDDING)) stored.set(EMBEDDING, head);
    stored.delete(HEAD);
  }
  return withFactors(withScales(stored, dir), dir);
}

type FoundTensor = StoredTensor & { readonly file: WeightFile };

/** Weights in FP8 are read together with their factors, as float32. */
function withFactors(found: ReadonlyMap<string, FoundTensor>, dir: string): Map<string, StoredTensor> {
  const stored = new Map<string, StoredTensor>(found);
  for (const [parameter, { file, name, entry }] of found) {
    if (entry.fp8 !== true) continue;
    const scales = found.get(parameter + FP8_SCALES);
    requireScales(`${dir}: "${name}"`, entry.shape, scales?.entry.shape);
    const read = (): Tensor => {
      using codes = file.readCodes!(name);
      using factors = scales!.file.read(scales!.name);
      return dequantiseFp8(codes, factors);
    };
    const readInto = (_: string, target: Tensor): void => {
      using values = read();
      noGrad(() => target.copy_(values));
    };
    stored.set(parameter, { file: { read, readInto }, name, entry });
    stored.delete(parameter + FP8_SCALES);
  }
  return stored;
}

/** Codes in MXFP4 and their scales become the parameter that they stand for. */
function withScales(found: ReadonlyMap<string, FoundTensor>, dir: string): Map<string, FoundTensor> {
  const stored = new Map(found);
  for (const [name, { file, entry }] of found) {
    if (!name.endsWith(MXFP4_CODES) || entry.dtype !== 'uint8') continue;
    const parameter = name.slice(0, -MXFP4_CODES.length);
    const scales = found.get(parameter + MXFP4_SCALES);
    requireMxfp4(`${dir}: "${name}"`, entry.shape, scales?.entry.shape);
    const shape = mxfp4Shape(entry.shape);
    const readInto = (_: string, target: Tensor): void => {
      using codes = file.read(name);
      using exponents = scales!.file.read(scales!.name);
      dequantiseMxfp4(codes, exponents, target);
    };
    const read = (): Tensor => {
      const values = empty(shape, { dtype: 'float32' });
      readInto(name, values);
      return values;
    };
    const reader = { entries: file.entries, read, readInto, close: () => {} };
    // Every value is one of bfloat16.
    stored.set(parameter, { file: reader, name, entry: { ...entry, shape, dtype: 'bfloat16' } });
    stored.delete(name);
    stored.delete(parameter + MXFP4_SCALES);
  }
  return stored;
}

function ggufWeights(file: string, config: ModelConfig): GgufWeights {
  const form = architectureOf(config).gguf!;
  const tables = form.tables(config).map(({ name }) => name);
  return new GgufWeights(file, form.parameters(config), new Set(tables));
}

function weightFiles(dir: string): string[] {
  if (existsSync(path.join(dir, SINGLE))) return [SINGLE];
  const index = path.join(dir, INDEX);
  if (existsSync(index)) return shardsOf(index);
  const pickled = readdirSync(dir).find((name) => /^pytorch_model.*\.bin$/.test(name));
  throw new UserError(
    `${dir} has neither ${SINGLE} nor ${INDEX}`,
    pickled === undefined
      ? 'name a checkpoint folder with safetensors weights'
      : `${pickled} can run code when it is read and is not supported: convert it to safetensors`,
  );
}

function shardsOf(index: string): string[] {
  const remedy = 'fetch or write it again';
  const { weight_map: map } = (readJson(index, remedy) ?? {}) as { weight_map?: Record<string, unknown> };
  const shards = [...new Set(Object.values(map ?? {}))];
  if (shards.length === 0) throw new UserError(`${index} has no weight_map`, remedy);
  for (const shard of shards) {
    if (typeof shard !== 'string' || path.basename(shard) !== shard) {
      throw new UserError(`${index}: ${JSON.stringify(shard)} is no name of a file beside it`, remedy);
    }
  }
  const missing = (shards as string[]).filter((shard) => !existsSync(path.join(path.dirname(index), shard)));
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    throw new UserError(
      `${index} names files that are not there: ${missing[0]}${more}, of ${shards.length}`,
      'fetch or copy them into the folder',
    );
  }
  return shards as string[];
}
