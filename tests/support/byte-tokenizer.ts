/** A byte-level tokenizer of 256 bytes, a few merges and the control tokens of a chat: it can spell anything. */

import type { JsonObject } from '../../src/records.ts';
import { BYTE_LETTERS } from '../../src/text/byte-letters.ts';
import { Tokenizer } from '../../src/text/index.ts';

const [SPACE, NEWLINE] = [BYTE_LETTERS[0x20]!, BYTE_LETTERS[0x0a]!];
/** Pairs merged, in order. */
const MERGES: readonly (readonly [string, string])[] = [
  ['t', 'h'],
  ['th', 'e'],
  [SPACE, 'the'],
  ['"', ':'],
  ['"', ','],
  ['{', '"'],
  [NEWLINE, NEWLINE],
  [SPACE, 'a'],
];
const CONTROL = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<think>',
  '</think>',
  '<tool_call>',
  '</tool_call>',
];

/** ChatML as Qwen writes it, with tools, earlier calls and `enable_thinking`; the thought is opened for the model. */
export const BYTE_CHAT_TEMPLATE = [
  '{%- if tools %}<|im_start|>system\n# Tools\n<tools>\n{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}</tools>',
  '\nReturn <tool_call>{"name": <function-name>, "arguments": <args-json-object>}</tool_call><|im_end|>\n{% endif %}',
  "{%- for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}",
  '{%- if message.content %}{{ message.content }}{% endif %}',
  '{%- for call in message.tool_calls or [] %}\n<tool_call>\n{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments }}}\n</tool_call>{% endfor %}',
  "{{ '<|im_end|>\\n' }}{% endfor %}",
  '{%- if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% else %}<think>\n{% endif %}{% endif %}',
].join('');

/** Vocabulary: the bytes, the merges, the control tokens. 271 ids. */
export const BYTE_VOCABULARY = 256 + MERGES.length + CONTROL.length;

/** tokenizer.json and tokenizer_config.json. */
export function byteTokenizerFiles(chatTemplate: string | null = BYTE_CHAT_TEMPLATE): {
  readonly tokenizer: JsonObject;
  readonly config: JsonObject;
} {
  const words = [...BYTE_LETTERS, ...MERGES.map(([a, b]) => a + b)];
  const added = CONTROL.map((content, i) => ({
    id: words.length + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: content.startsWith('<|'),
  }));
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: bytes,
      post_processor: null,
      decoder: bytes,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        vocab: Object.fromEntries(words.map((word, id) => [word, id])),
        merges: MERGES.map((pair) => [...pair]),
      },
    },
    config: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      eos_token: '<|im_end|>',
      pad_token: '<|endoftext|>',
      ...(chatTemplate !== null && { chat_template: chatTemplate }),
    },
  };
}

/** The tokenizer, without any file. */
export function byteTokenizer(chatTemplate: string | null = BYTE_CHAT_TEMPLATE): Tokenizer {
  const { tokenizer, config } = byteTokenizerFiles(chatTemplate);
  const encode = (value: JsonObject): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  return new Tokenizer({
    where: 'byte tokenizer',
    contents: new Map([
      ['tokenizer.json', encode(tokenizer)],
      ['tokenizer_config.json', encode(config)],
    ]),
  });
}
