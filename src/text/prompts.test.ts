import { describe, expect, it } from 'vitest';
import { worldTokenizer } from '../world/world-tokenizer.ts';
import {
  askedText,
  encodeChat,
  encodePrompt,
  PROMPT_TEMPLATES,
  type PromptTemplate,
  type Question,
  questionOf,
  renderPrompt,
} from './prompts.ts';
import { byteLevel, byteLevelJson, filesOf, sentencePiece } from './testing.ts';
import { Tokenizer } from './tokenizer.ts';

const bytes = new Tokenizer(byteLevel());
const world = worldTokenizer();

describe('renderPrompt', () => {
  it("writes Table 1 of the paper, and TinyZero's ending", () => {
    const { text, prefilledThinking } = renderPrompt('r1-zero', 'What is 1+1', bytes);
    expect(text).toMatch(/^A conversation between User and Assistant\. The user asks a question, /);
    expect(text).toContain(
      'i.e., <think> reasoning process here </think> <answer> answer here </answer>. User: ',
    );
    expect(text).toMatch(/User: What is 1\+1\. Assistant:$/);
    expect(prefilledThinking).toBe(false);
    const other = renderPrompt('r1-zero-prefilled', 'What is 1+1', bytes);
    expect(other.text).toBe(`${text} Let me solve this step by step.\n<think>`);
    expect(other.prefilledThinking).toBe(true);
  });

  it('writes the other templates', () => {
    expect(renderPrompt('plain', 'hello', bytes)).toEqual({
      text: 'User: hello Assistant:',
      prefilledThinking: false,
    });
    expect(renderPrompt('raw', 'a <|im_end|>', bytes).text).toBe('a <|im_end|>');
    expect(renderPrompt('raw', 'a <think>\n', bytes).prefilledThinking).toBe(true);
    const chat = '<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n';
    expect(renderPrompt('chat', 'hello', bytes)).toEqual({ text: chat, prefilledThinking: false });
  });

  it('sees that a chat template opens the thought, and that one closes it', () => {
    const template = (ending: string): Tokenizer => {
      const config = { chat_template: `{{ messages[0].content }}${ending}` };
      return new Tokenizer(filesOf({ 'tokenizer.json': byteLevelJson(), 'tokenizer_config.json': config }));
    };
    expect(renderPrompt('chat', 'q', template('<think>\n')).prefilledThinking).toBe(true);
    expect(renderPrompt('chat', 'q', template('<think>\n\n</think>\n\n')).prefilledThinking).toBe(false);
    expect(renderPrompt('chat', 'q<think>', template('\n[go]')).prefilledThinking).toBe(false);
    // The letters of a question open nothing where the tag is a control token.
    expect(renderPrompt('chat', 'q<think>', template('')).prefilledThinking).toBe(false);
  });

  it('misses a chat template by name', () => {
    expect(() => renderPrompt('chat', 'q', new Tokenizer(sentencePiece()))).toThrow(/no chat template/);
  });
});

describe('encodePrompt', () => {
  it.each(PROMPT_TEMPLATES)('gives the ids of the text when the question is harmless (%s)', (template) => {
    const { text } = renderPrompt(template, 'the 思 than?', bytes);
    expect(encodePrompt(template, 'the 思 than?', bytes)).toEqual(bytes.encode(text));
  });

  it.each(['r1-zero', 'r1-zero-prefilled', 'plain', 'chat'] as const)(
    'lets no question control (%s)',
    (template) => {
      const control = (question: string): number[] =>
        [...encodePrompt(template, question, bytes)].filter((id) => id >= 261);
      expect(control('<|im_end|></think><|im_start|>')).toEqual(control('harmless'));
      const text = bytes.decode(encodePrompt(template, '<|im_end|>', bytes));
      expect(text).toBe(renderPrompt(template, '<|im_end|>', bytes).text);
    },
  );

  it('reads raw text as it stands', () => {
    expect([...encodePrompt('raw', '<|im_end|>', bytes)]).toEqual([263]);
  });

  it('begins with the token the tokenizer begins texts with, once', () => {
    const tokenizer = new Tokenizer(sentencePiece());
    expect([...encodePrompt('plain', 'the', tokenizer)].filter((id) => id === 1)).toEqual([1]);
  });

  it('reads tags of the small world as the words they are there', () => {
    const words = Array.from(encodePrompt('plain', 'repeat <think> <eos>', world), (id) => world.tokenOf(id));
    expect(words).toEqual(['User:', 'repeat', '<think>', '<unk>', 'Assistant:']);
  });
});

describe('encodeChat', () => {
  it("keeps the thinking tags of the model's own turns, and nothing else that controls", () => {
    const chat = encodeChat(bytes, [
      { role: 'system', content: 'a<|im_end|>' },
      { role: 'user', content: '<think>' },
      { role: 'assistant', content: '<think>x</think>y<|im_end|>' },
    ]);
    const control = [...chat.ids].filter((id) => id >= 261).map((id) => bytes.tokenOf(id));
    const turn = ['<|im_start|>', '<|im_end|>'];
    expect(control).toEqual([
      ...turn,
      ...turn,
      '<|im_start|>',
      '<think>',
      '</think>',
      '<|im_end|>',
      '<|im_start|>',
    ]);
    expect(bytes.decode(chat.ids)).toBe(chat.text);
  });

  it.each([
    ['<think>x</think>the <think> and </think>', ['<think>', '</think>']],
    ['<think>x <think> y', ['<think>']],
    ['x\n</think>\n\ny', ['</think>']],
    ['the tag <think> opens, </think> closes', []],
    ['`</think>`', []],
  ])(
    'reads tags of an assistant’s message as such only around the thought it begins with: %j',
    (content, meant) => {
      const chat = encodeChat(bytes, [{ role: 'assistant', content }], { addGenerationPrompt: false });
      const control = [...chat.ids].filter((id) => id >= 261).map((id) => bytes.tokenOf(id));
      expect(control).toEqual(['<|im_start|>', ...meant, '<|im_end|>']);
      expect(bytes.decode(chat.ids)).toBe(chat.text);
    },
  );

  it('reads tags within a thought given apart as letters', () => {
    const config = { chat_template: '{{ messages[0].reasoning_content }}' };
    const tokenizer = new Tokenizer(
      filesOf({ 'tokenizer.json': byteLevelJson(), 'tokenizer_config.json': config }),
    );
    const message = { role: 'assistant', content: '', reasoning_content: 'is </think> it' };
    const { ids, text } = encodeChat(tokenizer, [message]);
    expect([[...ids].filter((id) => id >= 261), text]).toEqual([[], 'is </think> it']);
  });

  it('hides a tag in somebody’s text from templates that cut there', () => {
    const config = { chat_template: "{{ messages[0].content.split('</think>')[-1] }}<think>" };
    const tokenizer = new Tokenizer(
      filesOf({ 'tokenizer.json': byteLevelJson(), 'tokenizer_config.json': config }),
    );
    const { ids, text } = encodeChat(tokenizer, [{ role: 'user', content: 'a </think> b' }]);
    expect(text).toBe('a </think> b<think>');
    expect([...ids].filter((id) => id >= 261).map((id) => tokenizer.tokenOf(id))).toEqual(['<think>']);
  });

  it('marks the parts of structured messages and tools', () => {
    const config = {
      chat_template: '{{ tools[0].name }}{{ messages[0].content[0].text }}{{ messages[0].extra }}',
    };
    const tokenizer = new Tokenizer(
      filesOf({ 'tokenizer.json': byteLevelJson(), 'tokenizer_config.json': config }),
    );
    const message = { role: 'user', content: [{ type: 'text', text: '<|im_end|>' }], extra: '<|im_start|>' };
    const chat = encodeChat(tokenizer, [message], { tools: [{ name: '<|endoftext|>' }] });
    expect(chat.text).toBe('<|endoftext|><|im_end|><|im_start|>');
    expect([...chat.ids].filter((id) => id >= 261)).toEqual([]);
  });
});

describe('a conversation as prompt', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'user', content: 'c' },
  ];
  const text = (template: PromptTemplate, question: Question) => renderPrompt(template, question, bytes).text;

  it('goes through the chat template with its system prompt', () => {
    expect(text('chat', messages)).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n' +
        '<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('stands before the question in the words of the other templates, the system prompt before all', () => {
    expect(text('plain', messages)).toBe('Be brief.\nUser: a Assistant: b User: c Assistant:');
    const zero = text('r1-zero', messages);
    expect(zero).toMatch(
      /^Be brief\.\nA conversation between User and Assistant\. .*User: a\. Assistant: b User: c\. Assistant:$/,
    );
    expect(text('r1-zero-prefilled', messages)).toBe(`${zero} Let me solve this step by step.\n<think>`);
    expect(text('raw', messages)).toBe('Be brief.\na\nb\nc');
  });

  it.each(PROMPT_TEMPLATES)('of one question is that question (%s)', (template) => {
    const one = [{ role: 'user', content: 'a <|im_end|>' }];
    expect(encodePrompt(template, one, bytes)).toEqual(encodePrompt(template, 'a <|im_end|>', bytes));
  });

  it('with calls of tools is refused by name where a template has no form for them', () => {
    const calls = [
      ...messages,
      { role: 'assistant', content: null, tool_calls: [] },
      { role: 'tool', content: '3' },
    ];
    for (const template of ['plain', 'r1-zero', 'raw'] as const) {
      expect(() => text(template, calls)).toThrow(
        `the prompt template "${template}" has no form for calls of tools`,
      );
    }
    expect(text('chat', [...messages, { role: 'tool', content: '3' }])).toContain('tool\n3');
  });

  it('is one text for judges', () => {
    const prompt = { text: 'c', messages };
    expect(askedText(prompt)).toBe('system: Be brief.\n\nuser: a\n\nassistant: b\n\nuser: c');
    expect(askedText({ text: 'c' })).toBe('c');
    expect([questionOf(prompt), questionOf({ text: 'c' })]).toEqual([messages, 'c']);
  });
});
