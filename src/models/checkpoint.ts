/**
 * @file Checkpoints: Hugging Face folders in and out.
 *
 * A folder holds config.json, model.safetensors (or shards with an index), and the tokenizer's files. Loading copies
 * one tensor at a time; saving writes what transformers would load, tokenizer and chat template included.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { stateProblems } from '../nn/index.ts';
import { writeJsonAtomic } from '../run/atomic.ts';
import { type DType, itemSize, noGrad, type Tensor } from '../tensor/index.ts';
import { configKeys, type DecoderConfig, readConfig } from './config.ts';
import { CausalLM } from './decoder.ts';
import { SafetensorsFile, writeSafetensors } from './safetensors.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** Bytes of one shard at most, as transformers splits them. */
const SHARD_BYTES = 5e9;

/** Files that belong to the tokenizer and to generation, copied unchanged where they exist. */
const COMPANIONS = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'chat_template.jinja',
  'generation_config.json',
];

export interface LoadOptions {
  readonly device?: string;
  /** Converted on loading; the file's own dtype is lost. float32 unless given. */
  readonly dtype?: DType;
}

/**
 * Loads a model.
 * @throws UserError naming the file, key or tensor that is missing, unknown, misshapen or damaged
 */
export function loadModel(dir: string, options: LoadOptions = {}): CausalLM {
  const config = readConfig(dir);
  const files = weightFiles(dir).map((file) => new SafetensorsFile(path.join(dir, file)));
  try {
    const model = new CausalLM(config, { device: options.device ?? 'cpu', dtype: options.dtype ?? 'float32' });
    fill(model, files, dir);
    return model;
  } finally {
    for (const file of files) file.close();
  }
}

function fill(model: CausalLM, files: readonly SafetensorsFile[], dir: string): void {
  const parameters = model.stateDict();
  const found = new Map(files.flatMap((file) => [...file.entries].filter(([name]) => !isIgnored(name, model.config))));
  const problems = stateProblems(parameters, found);
  if (problems.length > 0) {
    throw new UserError(
      `${dir}: the tensors do not fit a ${model.config.modelType} model of this config.json\n    ${problems.slice(0, 20).join('\n    ')}`,
      'check that config.json and the safetensors files belong together',
    );
  }
  noGrad(() => {
    for (const file of files) {
      for (const name of file.entries.keys()) {
        const parameter = parameters.get(name);
        if (parameter === undefined) continue;
        using tensor = file.read(name);
        parameter.copy_(tensor);
      }
    }
  });
}

/** Buffers that old checkpoints carry, and the head of a model that has it tied to the embedding. */
function isIgnored(name: string, config: DecoderConfig): boolean {
  return name.endsWith('.rotary_emb.inv_freq') || (config.tieEmbeddings && name === 'lm_head.weight');
}

function weightFiles(dir: string): string[] {
  if (existsSync(path.join(dir, SINGLE))) return [SINGLE];
  const index = path.join(dir, INDEX);
  if (!existsSync(index)) {
    throw new UserError(`${dir} has neither ${SINGLE} nor ${INDEX}`, 'name a checkpoint folder with safetensors weights');
  }
  try {
    const { weight_map: map } = JSON.parse(readFileSync(index, 'utf8')) as { weight_map: Record<string, string> };
    return [...new Set(Object.values(map))].sort();
  } catch (cause) {
    throw new UserError(`${index} is not an index of shards`, 'fetch or write it again', { cause });
  }
}

export interface SaveOptions {
  /** Folder whose tokenizer, chat template and generation settings go along. */
  readonly tokenizerFrom?: string;
  /** Largest file, bytes. */
  readonly shardBytes?: number;
}

/** Writes a checkpoint folder that transformers would load. */
export async function saveModel(model: CausalLM, dir: string, options: SaveOptions = {}): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const shards = split(model.stateDict(), options.shardBytes ?? SHARD_BYTES);
  if (shards.length === 1) await writeSafetensors(path.join(dir, SINGLE), shards[0]!);
  else await writeShards(shards, dir);
  if (options.tokenizerFrom !== undefined && path.resolve(options.tokenizerFrom) !== path.resolve(dir)) {
    for (const file of COMPANIONS) {
      const source = path.join(options.tokenizerFrom, file);
      if (existsSync(source)) copyFileSync(source, path.join(dir, file));
    }
  }
  await writeJsonAtomic(path.join(dir, 'config.json'), configKeys(model.config, model.dtype));
}

function split(tensors: ReadonlyMap<string, Tensor>, limit: number): Map<string, Tensor>[] {
  const shards: Map<string, Tensor>[] = [new Map()];
  let bytes = 0;
  for (const [name, tensor] of tensors) {
    const size = tensor.numel * itemSize[tensor.dtype];
    if (bytes + size > limit && shards.at(-1)!.size > 0) {
      shards.push(new Map());
      bytes = 0;
    }
    shards.at(-1)!.set(name, tensor);
    bytes += size;
  }
  return shards;
}

async function writeShards(shards: readonly ReadonlyMap<string, Tensor>[], dir: string): Promise<void> {
  const total = String(shards.length).padStart(5, '0');
  const weightMap: Record<string, string> = {};
  let totalSize = 0;
  for (const [i, shard] of shards.entries()) {
    const file = `model-${String(i + 1).padStart(5, '0')}-of-${total}.safetensors`;
    await writeSafetensors(path.join(dir, file), shard);
    for (const [name, tensor] of shard) {
      weightMap[name] = file;
      totalSize += tensor.numel * itemSize[tensor.dtype];
    }
  }
  await writeJsonAtomic(path.join(dir, INDEX), { metadata: { total_size: totalSize }, weight_map: weightMap });
}
