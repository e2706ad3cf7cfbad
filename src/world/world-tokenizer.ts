/**
 * @file The small world's tokenizer as ordinary Hugging Face files: a word is a token, a digit is a token.
 *
 * Only parts that every reader of tokenizer.json knows are used, so the files open in transformers too. Text of the
 * world has single blanks between words, and decoding gives it back: digits are written together again because two
 * numbers never follow one another without a word between.
 */
import type { JsonObject } from '../records.ts';
import { Tokenizer, type TokenizerFiles, writeTokenizerFiles } from '../text/index.ts';
import { WORLD_UNKNOWN, WORLD_VOCABULARY } from './world-vocabulary.ts';

/** Names of the tokens with a part to play; each must be among the words. */
export interface WordTokenizerOptions {
  readonly unknown: string;
  readonly pad: string;
  readonly eos: string;
  /** Jinja source for tokenizer_config.json. */
  readonly chatTemplate?: string;
}

/** The two files as JSON values. */
export interface WordTokenizer {
  readonly tokenizer: JsonObject;
  readonly config: JsonObject;
}

/**
 * `plain` prompts as a chat template: one question gives `User: … Assistant:`. Replies before it end in the end
 * token, as in training. The world has no words for a system prompt: such messages are left out.
 */
export const WORLD_CHAT_TEMPLATE =
  "{%- for message in messages -%}{%- if message.role == 'user' -%}{{ 'User: ' + message.content + ' ' }}" +
  "{%- elif message.role == 'assistant' -%}{{ 'Assistant: ' + message.content + ' ' + eos_token + ' ' }}" +
  "{%- endif -%}{%- endfor -%}{%- if add_generation_prompt -%}{{ 'Assistant:' }}{%- endif -%}";

/**
 * A tokenizer over whole words and single digits. Words that end in digits (`r1`) may be among the words.
 * @param words - all tokens; the index is the id
 */
export function buildWordTokenizer(words: readonly string[], options: WordTokenizerOptions): WordTokenizer {
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const special = [options.pad, options.eos].map((content) => ({
    id: words.indexOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const tokenizer: JsonObject = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'WhitespaceSplit' },
        // A word with its digits stays whole; a digit by itself stands alone.
        { type: 'Split', pattern: { Regex: '[a-z]+[0-9]+|[0-9]' }, behavior: 'Isolated', invert: false },
      ],
    },
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        // The prefix belongs to no word, so this puts a blank before every token but the first.
        { type: 'WordPiece', prefix: '##', cleanup: false },
        { type: 'Fuse' },
        { type: 'Replace', pattern: { Regex: '(?<=^[0-9]| [0-9]) (?=[0-9])' }, content: '' },
      ],
    },
    model: { type: 'WordLevel', vocab, unk_token: options.unknown },
  };
  const config: JsonObject = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    pad_token: options.pad,
    eos_token: options.eos,
    unk_token: options.unknown,
    model_max_length: 192,
    ...(options.chatTemplate === undefined ? {} : { chat_template: options.chatTemplate }),
  };
  return { tokenizer, config };
}

function worldFiles(): TokenizerFiles {
  const { tokenizer, config } = buildWordTokenizer(WORLD_VOCABULARY, {
    unknown: WORLD_UNKNOWN,
    pad: '<pad>',
    eos: '<eos>',
    chatTemplate: WORLD_CHAT_TEMPLATE,
  });
  const bytes = (value: JsonObject): Uint8Array =>
    new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  return {
    where: 'small world',
    contents: new Map([
      ['tokenizer.json', bytes(tokenizer)],
      ['tokenizer_config.json', bytes(config)],
    ]),
  };
}

/** The small world's tokenizer, without reading any file. */
export function worldTokenizer(): Tokenizer {
  return new Tokenizer(worldFiles());
}

/** Writes the small world's tokenizer files into a checkpoint folder. */
export function writeWorldTokenizer(dir: string): void {
  writeTokenizerFiles(worldFiles(), dir);
}
