import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseConfig, tokenMemory } from './index.ts';

const PROGRAM = fileURLToPath(new URL('../../tests/support/kept-memory.ts', import.meta.url));
const [ROWS, LENGTH] = [2, 256];

const BASE = {
  vocab_size: 64,
  hidden_size: 256,
  intermediate_size: 512,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
};
const DELTA_NET = {
  linear_num_key_heads: 2,
  linear_num_value_heads: 4,
  linear_key_head_dim: 32,
  linear_value_head_dim: 64,
};

/** The last one is a dense model, as a measure of what the counts leave out. */
const MODELS: readonly object[] = [
  { ...BASE, model_type: 'gpt_oss', num_local_experts: 8, num_experts_per_tok: 2, sliding_window: 64 },
  { ...BASE, ...DELTA_NET, model_type: 'qwen3_5_text' },
  { ...BASE, model_type: 'qwen3' },
];

function measured(): readonly { readonly kept: number; readonly peak: number }[] {
  const args = ['--import', 'tsx', PROGRAM, JSON.stringify(MODELS), String(ROWS), String(LENGTH)];
  const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '16384' };
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env }));
}

describe.skipIf(!existsSync('/proc/self/clear_refs'))('tokenMemory', () => {
  it('is within 15 % of what a pass keeps and of its peak, measured in float32', () => {
    for (const [i, { kept, peak }] of measured().entries()) {
      const config = parseConfig(MODELS[i], 'test');
      const pass = { device: 'cpu', dtype: 'float32', lora: false, length: LENGTH } as const;
      const { layer, outside, gradients } = tokenMemory(config, pass)!;
      const counted = ROWS * LENGTH * (config.layers * layer + outside);
      expect.soft(kept / counted, config.modelType).toBeGreaterThan(0.95);
      expect.soft(kept / counted, config.modelType).toBeLessThan(1.15);
      const most = counted + ROWS * LENGTH * gradients;
      expect.soft(peak / most, config.modelType).toBeGreaterThan(0.85);
      expect.soft(peak / most, config.modelType).toBeLessThan(1.15);
    }
  });
});
