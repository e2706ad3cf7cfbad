/** @file A checkpoint of random weights: a tokenizer of 256 bytes, filled up with tokens of no bytes to the model's vocabulary. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type LanguageModel, saveModel } from '../../src/models/index.ts';
import { BYTE_LETTERS } from '../../src/text/byte-letters.ts';

/** Writes the model, which is gone then, with a tokenizer of its vocabulary's size. */
export async function writeRandomCheckpoint(model: LanguageModel, dir: string): Promise<void> {
  const source = path.join(dir, '../tokenizer');
  for (const one of [dir, source]) mkdirSync(one, { recursive: true });
  const words = [...BYTE_LETTERS];
  while (words.length < model.config.vocabSize) words.push(`filled${words.length}`);
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const tokenizer = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: bytes,
    post_processor: null,
    decoder: bytes,
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges: [],
    },
  };
  writeFileSync(path.join(source, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(
    path.join(source, 'tokenizer_config.json'),
    JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast' }),
  );
  await saveModel(model, dir, { tokenizerFrom: source });
  model.dispose();
}
