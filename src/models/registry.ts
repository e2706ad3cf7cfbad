/** @file The architectures, by their `model_type`: one line each. */
import type { Architecture } from './architecture.ts';
import { llama } from './llama/index.ts';
import { qwen2 } from './qwen2/index.ts';
import { qwen3 } from './qwen3/index.ts';

export const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map(
  [llama, qwen2, qwen3].map((architecture) => [architecture.modelType, architecture]),
);
