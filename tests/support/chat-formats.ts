/**
 * Chat formats of published models over a small byte-level tokenizer: the control tokens, end and padding tokens of their
 * tokenizer_config.json, and templates of the same form. Qwen3's is the published one (tests/reference/chat-templates).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '../../src/records.ts';
import { REFERENCE } from '../reference.ts';
import { byteTokenizerFiles } from './byte-tokenizer.ts';

export interface PublishedFormat {
  readonly template: string;
  readonly control: readonly string[];
  readonly settings: { readonly eos_token: string; readonly pad_token?: string; readonly bos_token?: string };
}

const THINKING = [
  '<think>',
  '</think>',
  '<tool_call>',
  '</tool_call>',
  '<tool_response>',
  '</tool_response>',
];
const CHATML = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

/** A conversation of alternating turns, each begun by its role and closed by a token. */
function turns(open: string, close: string, generation: string): string {
  return `{% for m in messages %}{{ ${open} + m['content'] + ${close} }}{% endfor %}{% if add_generation_prompt %}{{ ${generation} }}{% endif %}`;
}

export const FORMATS = {
  qwen3: {
    template: readFileSync(path.join(REFERENCE, 'chat-templates', 'qwen3.jinja'), 'utf8'),
    control: [...CHATML, ...THINKING],
    settings: { eos_token: '<|im_end|>', pad_token: '<|endoftext|>' },
  },
  smollm2: {
    template: turns("'<|im_start|>' + m['role'] + '\\n'", "'<|im_end|>\\n'", "'<|im_start|>assistant\\n'"),
    control: CHATML,
    settings: { eos_token: '<|im_end|>', pad_token: '<|im_end|>', bos_token: '<|im_start|>' },
  },
  // As the tokenizer of the base model has it: the template of the chat model, which always begins the assistant's next
  // turn, and another end token.
  llama3: {
    template:
      "{% for m in messages %}{% set content = '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim + '<|eot_id|>' %}{% if loop.first %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}",
    control: [
      '<|begin_of_text|>',
      '<|end_of_text|>',
      '<|start_header_id|>',
      '<|end_header_id|>',
      '<|eot_id|>',
    ],
    settings: { eos_token: '<|end_of_text|>', bos_token: '<|begin_of_text|>' },
  },
  deepseekV3: {
    template: `{{ bos_token }}${turns(
      "('<｜User｜>' if m['role'] == 'user' else '<｜Assistant｜>')",
      "('' if m['role'] == 'user' else eos_token)",
      "'<｜Assistant｜>'",
    )}`,
    control: [
      '<｜begin▁of▁sentence｜>',
      '<｜end▁of▁sentence｜>',
      '<｜User｜>',
      '<｜Assistant｜>',
      '<think>',
      '</think>',
    ],
    settings: {
      eos_token: '<｜end▁of▁sentence｜>',
      pad_token: '<｜end▁of▁sentence｜>',
      bos_token: '<｜begin▁of▁sentence｜>',
    },
  },
  // R1's distilled models: the prompt opens the thought, earlier thoughts are dropped.
  r1Distill: {
    template:
      "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] }}{% else %}{{ '<｜Assistant｜>' + m['content'].split('</think>')[-1] + eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\\n' }}{% endif %}",
    control: [
      '<｜begin▁of▁sentence｜>',
      '<｜end▁of▁sentence｜>',
      '<｜User｜>',
      '<｜Assistant｜>',
      '<think>',
      '</think>',
    ],
    settings: { eos_token: '<｜end▁of▁sentence｜>', bos_token: '<｜begin▁of▁sentence｜>' },
  },
} as const satisfies { readonly [name: string]: PublishedFormat };

/** tokenizer.json and tokenizer_config.json of a format. */
export function formatFiles({ template, control, settings }: PublishedFormat): {
  readonly tokenizer: JsonObject;
  readonly config: JsonObject;
} {
  const { tokenizer } = byteTokenizerFiles(null);
  const old = tokenizer.added_tokens as readonly { readonly id: number }[];
  const first = Math.min(...old.map(({ id }) => id));
  const added = control.map((content, i) => ({
    id: first + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: !/think|tool/u.test(content),
  }));
  return {
    tokenizer: { ...tokenizer, added_tokens: added },
    config: { ...settings, chat_template: template },
  };
}
