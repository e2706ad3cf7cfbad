/** A random checkpoint of the small world, a few thousand parameters: for tests that need a model, not a good one. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { initModel, parseConfig, saveModel } from '../../src/models/index.ts';
import { writeWorldTokenizer } from '../../src/world/index.ts';

export const TINY_CONFIG = {
  model_type: 'llama',
  vocab_size: 96,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  tie_word_embeddings: false,
} as const;

/**
 * Writes the checkpoint into `dir` and returns it.
 * @param changes - keys of config.json that differ from TINY_CONFIG
 */
export async function writeTinyCheckpoint(dir: string, seed = 0, changes: object = {}): Promise<string> {
  const tokenizerDir = path.join(dir, 'tokenizer-source');
  mkdirSync(tokenizerDir, { recursive: true });
  writeWorldTokenizer(tokenizerDir);
  const model = initModel(parseConfig({ ...TINY_CONFIG, ...changes }, 'test'), seed, {
    device: 'cpu',
    scheme: 'scaled',
  });
  await saveModel(model, dir, { tokenizerFrom: tokenizerDir });
  model.dispose();
  return dir;
}
