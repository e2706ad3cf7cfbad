/** A random checkpoint with a byte-level tokenizer: it can spell anything and says nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { initModel, parseConfig, saveModel } from '../../src/models/index.ts';
import { BYTE_CHAT_TEMPLATE, BYTE_VOCABULARY, byteTokenizerFiles } from './byte-tokenizer.ts';

const CONFIG = {
  model_type: 'qwen3',
  vocab_size: BYTE_VOCABULARY,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 16,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  tie_word_embeddings: false,
} as const;

/** Writes the checkpoint into `dir` and returns it. */
export async function writeByteCheckpoint(
  dir: string,
  options: { readonly chatTemplate?: string | null; readonly config?: object; readonly seed?: number } = {},
): Promise<string> {
  const { chatTemplate = BYTE_CHAT_TEMPLATE, config = {}, seed = 0 } = options;
  const source = path.join(dir, 'tokenizer-source');
  mkdirSync(source, { recursive: true });
  const files = byteTokenizerFiles(chatTemplate);
  writeFileSync(path.join(source, 'tokenizer.json'), JSON.stringify(files.tokenizer));
  writeFileSync(path.join(source, 'tokenizer_config.json'), JSON.stringify(files.config));
  const model = initModel(parseConfig({ ...CONFIG, ...config }, 'test'), seed, {
    device: 'cpu',
    scheme: 'scaled',
  });
  const checkpoint = path.join(dir, 'checkpoint');
  await saveModel(model, checkpoint, { tokenizerFrom: source });
  model.dispose();
  return checkpoint;
}
