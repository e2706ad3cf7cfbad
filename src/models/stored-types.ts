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
  if (!hasWeights(dir)) return null;
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

/**
 * The parts of a checkpoint that its model does not have, in words: `model.visual (153 tensors), mtp (15 tensors)`; null where
 * there are none, or no weights.
 */
export function leftOut(dir: string, config: ModelConfig): string | null {
  if (!hasWeights(dir)) return null;
  using stored = new StoredCheckpoint(dir, config);
  const parts = new Map<string, number>();
  const copies = new Set(
    architectureOf(config)
      .copies?.(config)
      .map(([name]) => name),
  );
  for (const name of stored.spare) {
    // The parameter that it is a copy of is loaded.
    if (copies.has(name)) continue;
    const [first, second] = name.split('.');
    const part = first === 'model' ? `${first}.${second}` : first!;
    parts.set(part, (parts.get(part) ?? 0) + 1);
  }
  const words = [...parts].map(([part, tensors]) => `${part} (${tensors} tensor${tensors === 1 ? '' : 's'})`);
  return words.length === 0 ? null : words.join(', ');
}

/** Tells what a stage or a server leaves out of a checkpoint, where that is something. */
export function tellLeftOut(dir: string, config: ModelConfig, tell: (text: string) => void): void {
  const parts = leftOut(dir, config);
  if (parts !== null) tell(`${dir}: parts that are not loaded: ${parts}`);
}

function hasWeights(dir: string): boolean {
  return isGguf(dir) || [SINGLE, INDEX].some((file) => existsSync(path.join(dir, file)));
}
