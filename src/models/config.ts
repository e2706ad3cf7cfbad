/** @file The config.json of a checkpoint: read by the architecture that its `model_type` names, and written by it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { asUsageError, reasonOf, UsageError, UserError } from '../errors.ts';
import { GgufFile, isGguf, type Metadata, unsupported } from '../gguf/index.ts';
import type { Json } from '../records.ts';
import type { DType } from '../torch/index.ts';
import type { Architecture } from './architecture.ts';
import type { ModelConfig } from './language-model.ts';
import { ARCHITECTURES } from './registry.ts';

/**
 * Reads the keys of a config.json, `rope_parameters` and `dtype` or the older `rope_theta`, `rope_scaling`.
 *
 * @param where - file or recipe path the keys come from, for messages
 * @throws UserError naming the key, its value and what is known
 */
export function parseConfig(keys: unknown, where: string): ModelConfig {
  const type = (keys as { model_type?: unknown } | null)?.model_type;
  const architecture = ARCHITECTURES.get(String(type));
  if (architecture !== undefined) return architecture.parse(keys, where);
  const known = [...ARCHITECTURES.keys()].map((name) => JSON.stringify(name)).join(', ');
  const found = type === undefined ? 'model_type is missing' : `unknown model_type ${JSON.stringify(type)}`;
  throw new UserError(`${where}: ${found}`, `Use a checkpoint whose model_type is one of ${known}.`);
}

/**
 * The configuration of a model that has the predictors which its checkpoint may hold.
 * @param where - file or recipe path it comes from, for messages
 * @throws UsageError where there are none
 */
export function withPredictors(config: ModelConfig, where: string): ModelConfig {
  const { modelType, storedPredictors = 0 } = config;
  if (storedPredictors > 0) return { ...config, predictors: storedPredictors };
  throw new UsageError(
    `${where}: the ${modelType} model has no layer that predicts tokens after the next`,
    'Use a checkpoint of deepseek_v3 with num_nextn_predict_layers 1, or leave multi-token prediction out.',
  );
}

/** The architecture of a configuration that parseConfig gave. */
export function architectureOf({ modelType }: ModelConfig): Architecture {
  return ARCHITECTURES.get(modelType)!;
}

/**
 * Reads `config.json` of a checkpoint, or the metadata of a GGUF file.
 * @throws UsageError where there is none
 */
export function readConfig(dir: string): ModelConfig {
  if (isGguf(dir)) return readGgufConfig(dir);
  const file = path.join(dir, 'config.json');
  return parseConfig(readJson(file, 'give a folder with a Hugging Face checkpoint'), file);
}

function readGgufConfig(where: string): ModelConfig {
  using file = new GgufFile(where);
  const { metadata } = file;
  const type = metadata.text('general.type') ?? 'model';
  if (type !== 'model')
    throw unsupported(where, `it holds a ${type}, not a model`, 'Name the file of the model.');
  const parts = metadata.count('split.count') ?? 0;
  if (parts > 1) {
    const remedy = 'Join them with `llama-gguf-split --merge` of llama.cpp.';
    throw unsupported(where, `it is one of ${parts} files of a model`, remedy);
  }
  const keys = ggufArchitecture(where, metadata).gguf!.configKeys(file);
  try {
    return parseConfig(keys, where);
  } catch (error) {
    throw error instanceof UserError ? asUsageError(error) : error;
  }
}

/** The architecture with a name of llama.cpp. */
function ggufArchitecture(where: string, metadata: Metadata): Architecture {
  const name = metadata.text('general.architecture');
  const all = [...ARCHITECTURES.values()];
  const found = all.find(
    ({ gguf }) => gguf !== undefined && gguf.name === name && (gguf.isOf?.(metadata) ?? true),
  );
  if (found !== undefined) return found;
  const known = [...new Set(all.flatMap(({ gguf }) => (gguf === undefined ? [] : [gguf.name])))].join(', ');
  throw unsupported(
    where,
    `unknown architecture ${JSON.stringify(name ?? null)} (metadata general.architecture)`,
    `Use a model of the architecture ${known}.`,
  );
}

/** Parses a JSON file of a checkpoint; absent and malformed files are the user's to mend. */
export function readJson(file: string, remedy: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${file}: ${(cause as Error).message}`, remedy, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${file} is not JSON: ${reasonOf(cause)}`, 'fetch the file again', {
      cause,
    });
  }
}

/** The config.json of a model, with keys that transformers of any version reads. */
export function configKeys(config: ModelConfig, dtype: DType): { readonly [key: string]: Json } {
  return architectureOf(config).keys(config, dtype);
}
