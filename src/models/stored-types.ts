/** @file The types of a checkpoint's tensors, from the headers of its files. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isGguf } from '../gguf/index.ts';
import { requireFit } from './checkpoint.ts';
import { architectureOf } from './config.ts';
import type { ModelConfig } from './language-model.ts';
import { INDEX, SINGLE, StoredCheckpoint } from './stored-checkpoint.ts';

/** The tensors of one type. */
export interface StoredType {
  /** `bfloat16`, `f8_e4m3`, `q4_k`. */
  readonly type: string;
  readonly tensors: number;
  /** In the files. */
  readonly bytes: number;
}

/**
 * Null where there are no weights: a configuration alone.
 * @throws UserError where the tensors do not fit the configuration, or a file is missing or damaged
 */
export function storedTypes(dir: string, config: ModelConfig): StoredType[] | null {
  const hasWeights = isGguf(dir) || [SINGLE, INDEX].some((file) => existsSync(path.join(dir, file)));
  if (!hasWeights) return null;
  using stored = new StoredCheckpoint(dir, config);
  const { create } = architectureOf(config);
  requireFit((from, placement) => create(from, placement), config, stored, dir);
  const types = new Map<string, { tensors: number; bytes: number }>();
  for (const { entry } of stored.tensors.values()) {
    const type = entry.encoding ?? entry.dtype;
    const { tensors, bytes } = types.get(type) ?? { tensors: 0, bytes: 0 };
    types.set(type, { tensors: tensors + 1, bytes: bytes + entry.bytes });
  }
  return [...types].map(([type, sum]) => ({ type, ...sum }));
}
