/** @file The architectures, by their `model_type`: one line each, and those that a program adds of its own. */
import { type Architecture, decoderArchitecture } from './architecture.ts';
import { deepseekV3 } from './deepseek-v3/index.ts';
import { gemma3 } from './gemma3/index.ts';
import { gptOss } from './gpt-oss/index.ts';
import { llama } from './llama/index.ts';
import { mistral } from './mistral/index.ts';
import { olmo2 } from './olmo2/index.ts';
import { olmo3 } from './olmo3/index.ts';
import { phi3 } from './phi3/index.ts';
import { qwen2 } from './qwen2/index.ts';
import { qwen3 } from './qwen3/index.ts';
import { qwen35, qwen35Text } from './qwen3-5/index.ts';
import { qwen3Moe } from './qwen3-moe/index.ts';
import { smollm3 } from './smollm3/index.ts';

const all: readonly Architecture[] = [
  ...[llama, qwen2, qwen3, qwen3Moe, mistral, smollm3, gemma3, olmo2, olmo3, phi3].map(decoderArchitecture),
  deepseekV3,
  gptOss,
  qwen35Text,
  qwen35,
];

const known = new Map(all.map((architecture) => [architecture.modelType, architecture]));

export const ARCHITECTURES: ReadonlyMap<string, Architecture> = known;

/**
 * Makes an architecture known in this process: checkpoints with its `model_type` load from then on.
 * @throws RangeError where the name is taken
 */
export function registerArchitecture(architecture: Architecture): void {
  const { modelType } = architecture;
  if (known.has(modelType)) throw new RangeError(`the architecture ${modelType} is there already`);
  known.set(modelType, architecture);
}
