/**
 * @file Small tokenizers of the kinds real checkpoints use, for tests.
 *
 * `byteLevel` is built as Qwen's: bytes as letters, a few merges, control tokens that are partly not marked special.
 * `sentencePiece` is built as Llama 2's: blanks as ▁, single bytes for what the vocabulary lacks, and its control
 * tokens are in the model's own vocabulary.
 */
import type { JsonObject } from '../records.ts';
import { BYTE_LETTERS, byteLetters } from './byte-letters.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

function added(id: number, content: string, special: boolean): JsonObject {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

/** Merges as pairs of text; the result of each is a token. One pair cuts 😀 in half. */
const MERGES = ['t h', 'th e', 'a n', '\u0120 the'];

/** Control tokens of `byteLevel`, in the order of their ids, which follow the 256 bytes and the merges. */
export const BYTE_CONTROL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<think>', '</think>'] as const;

const CHATML =
  "{%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}";

/** tokenizer.json of the byte-level tokenizer. */
export function byteLevelJson(): JsonObject {
  const smile = Array.from(byteLetters('😀'));
  const merges = [...MERGES, `${smile[0]} ${smile[1]}`];
  const tokens = [...BYTE_LETTERS, ...merges.map((pair) => pair.replace(' ', ''))];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: BYTE_CONTROL.map((content, i) =>
      added(tokens.length + i, content, !content.includes('think')),
    ),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: {
            Regex:
              '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
          },
          behavior: 'Isolated',
          invert: false,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** tokenizer.json of the byte-fallback tokenizer; ids 0 to 2 are control tokens, then 256 bytes. */
export function sentencePieceJson(): JsonObject {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
  const pieces = ['\u2581', ...'abcdehinot<>/s|', 'th', 'the', '\u2581the', 'an'];
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...pieces];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(0, '<unk>', true), added(1, '<s>', true), added(2, '</s>', true)],
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: false },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: true,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: ['t h', 'th e', '\u2581 the', 'a n'],
    },
  };
}

/** Files of a checkpoint in memory. */
export function filesOf(files: { readonly [name: string]: JsonObject | string }): TokenizerFiles {
  const bytes = Object.entries(files).map(([name, content]) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    return [name, new TextEncoder().encode(text)] as const;
  });
  return { where: 'memory', contents: new Map(bytes) };
}

/** The byte-level tokenizer as a checkpoint with a ChatML template and two end tokens. */
export function byteLevel(): TokenizerFiles {
  return filesOf({
    'tokenizer.json': byteLevelJson(),
    'tokenizer_config.json': {
      eos_token: { content: '<|im_end|>' },
      pad_token: '<|endoftext|>',
      chat_template: CHATML,
      clean_up_tokenization_spaces: true,
    },
    'generation_config.json': { eos_token_id: [263, 261] },
  });
}

/** The byte-fallback tokenizer as a checkpoint. */
export function sentencePiece(): TokenizerFiles {
  return filesOf({
    'tokenizer.json': sentencePieceJson(),
    'tokenizer_config.json': { eos_token: '</s>', bos_token: '<s>', unk_token: '<unk>' },
  });
}
