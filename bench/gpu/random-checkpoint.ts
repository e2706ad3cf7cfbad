/** @file A checkpoint of random weights: a tokenizer of 256 bytes, filled up with tokens of no bytes to the model's vocabulary. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type LanguageModel, saveModel } from '../../src/models/index.ts';
import { BYTE_LETTERS } from '../../src/text/byte-letters.ts';

/** Nothing but what is said: a prompt is as long as its messages. */
const CHAT_TEMPLATE = '{% for message in messages %}{{ message.content }}{% endfor %}';

/** Writes the model, which is gone then, with a tokenizer of its vocabulary's size. */
export async function writeRandomCheckpoint(model: LanguageModel, dir: string): Promise<void> {
  const source = path.join(dir, '../tokenizer');
  mkdirSync(dir, { recursive: true });
  writeFilledTokenizer(source, model.config.vocabSize);
  await saveModel(model, dir, { tokenizerFrom: source });
  model.dispose();
}

/** Writes the files of a tokenizer of so many tokens. */
export function writeFilledTokenizer(dir: string, vocabSize: number): void {
  const words = [...BYTE_LETTERS];
  while (words.length < vocabSize) words.push(`filled${words.length}`);
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
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(
    path.join(dir, 'tokenizer_config.json'),
    JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', chat_template: CHAT_TEMPLATE }),
  );
}
