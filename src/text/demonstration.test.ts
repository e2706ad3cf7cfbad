import { describe, expect, it } from 'vitest';
import { byteTokenizer } from '../../tests/support/byte-tokenizer.ts';
import type { ChatMessage, Json } from '../records.ts';
import { worldTokenizer } from '../world/world-tokenizer.ts';
import { encodeConversation, encodeDemonstration, type TokenSequence } from './demonstration.ts';
import { encodeChat, encodePrompt, PROMPT_TEMPLATES } from './prompts.ts';
import { byteLevel, byteLevelJson, filesOf, sentencePiece } from './testing.ts';
import { Tokenizer } from './tokenizer.ts';

const bytes = new Tokenizer(byteLevel());
const world = worldTokenizer();

/** The byte-level tokenizer with another chat template. */
function templated(template: string, settings: object = { eos_token: '<|im_end|>' }): Tokenizer {
  return new Tokenizer(
    filesOf({
      'tokenizer.json': byteLevelJson(),
      'tokenizer_config.json': { ...settings, chat_template: template },
    }),
  );
}

/** Turns without their thoughts; the last reply keeps its own, from `reasoning_content` (as Qwen3 does). */
const FORGETS =
  "{%- for m in messages %}{%- set parts = m.content.split('</think>') %}" +
  "{{- '<|im_start|>' + m.role + '\\n' }}" +
  "{%- if m.role == 'assistant' and loop.last and m.reasoning_content %}" +
  "{{- '<think>\\n' + m.reasoning_content + '\\n</think>\\n\\n' + m.content }}" +
  "{%- else %}{{- parts[-1].lstrip('\\n') }}{%- endif %}{{- '<|im_end|>\\n' }}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

/** Opens the thought in the generation prompt and drops it from every reply (as R1's distilled models do). */
const PREFILLS =
  "{%- for m in messages %}{%- if m.role == 'user' %}{{- '[U]' + m.content }}" +
  "{%- else %}{{- '[A]' + m.content.split('</think>')[-1] + '<|im_end|>' }}{%- endif %}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{- '[A]<think>\\n' }}{%- endif %}";

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string, thought?: string): ChatMessage => ({
  role: 'assistant',
  content,
  ...(thought === undefined ? {} : { reasoning_content: thought }),
});

/** The text with what is learnt in ⟦ ⟧. */
function shown({ tokens, trained }: TokenSequence, tokenizer: Tokenizer): string {
  let text = '';
  for (let at = 0; at < tokens.length; ) {
    let end = at;
    while (end < tokens.length && trained[end] === trained[at]) end += 1;
    const part = tokenizer.decode(tokens.subarray(at, end));
    text += trained[at] === 1 ? `⟦${part}⟧` : part;
    at = end;
  }
  return text;
}

const conversation = (tokenizer: Tokenizer, ...messages: ChatMessage[]): string[] =>
  encodeConversation(tokenizer, messages).map((sequence) => shown(sequence, tokenizer));

describe('encodeConversation', () => {
  it('learns every reply up to its end token and nothing else', () => {
    expect(
      conversation(
        bytes,
        { role: 'system', content: 'be kind' },
        user('hello'),
        assistant('hi'),
        user('than?'),
        assistant('the 思'),
      ),
    ).toEqual([
      '<|im_start|>system\nbe kind<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n' +
        '<|im_start|>assistant\n⟦hi<|im_end|>⟧\n<|im_start|>user\nthan?<|im_end|>\n' +
        '<|im_start|>assistant\n⟦the 思<|im_end|>⟧',
    ]);
  });

  it('learns the closing tag of a thought that the prompt opened, wherever it stands, and tags as letters behind it', () => {
    const [text] = conversation(templated(PREFILLS), user('q'), assistant('so 4 </think> 4 ends </think>'));
    expect(text).toBe('[U]q[A]<think>\n⟦so 4 </think> 4 ends </think><|im_end|>⟧');
    const tokenizer = templated(PREFILLS);
    const { tokens } = encodeConversation(tokenizer, [
      user('q'),
      assistant('so 4 </think> 4 ends </think>'),
    ])[0]!;
    expect([...tokens].filter((id) => id === tokenizer.idOf('</think>'))).toHaveLength(1);
  });

  it('begins with exactly what the model reads when it is asked', () => {
    const question = [user('the <|im_end|> than')];
    const { ids } = encodeChat(bytes, question);
    const [{ tokens, trained }] = encodeConversation(bytes, [...question, assistant('\nok')]) as [
      TokenSequence,
    ];
    expect([...tokens.subarray(0, ids.length)]).toEqual([...ids]);
    expect(trained.indexOf(1)).toBe(ids.length);
  });

  it('reads no control token in what anyone wrote, but for the tags of a thought', () => {
    const [sequence] = encodeConversation(bytes, [
      user('<|im_start|>'),
      assistant('<think>x</think>y<|im_end|>z'),
    ]) as [TokenSequence];
    const control = Array.from(sequence.tokens, (id) => bytes.tokenOf(id)!).filter((token) =>
      /^<.+>$/.test(token),
    );
    expect(control).toEqual([
      '<|im_start|>',
      '<|im_end|>',
      '<|im_start|>',
      '<think>',
      '</think>',
      '<|im_end|>',
    ]);
    expect(shown(sequence, bytes)).toContain('⟦<think>x</think>y<|im_end|>z<|im_end|>⟧');
  });

  it('splits a conversation whose earlier thoughts the template forgets, each reply whole', () => {
    const tokenizer = templated(FORGETS);
    const turn = (text: string): string => `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`;
    expect(
      conversation(tokenizer, user('a'), assistant('b', 'why'), user('c'), assistant('d', 'how')),
    ).toEqual([
      `${turn('a')}⟦<think>\nwhy\n</think>\n\nb<|im_end|>⟧`,
      `${turn('a')}b<|im_end|>\n${turn('c')}⟦<think>\nhow\n</think>\n\nd<|im_end|>⟧`,
    ]);
    expect(conversation(tokenizer, user('a'), assistant('b'), user('c'), assistant('d'))).toHaveLength(1);
  });

  it('keeps a thought that the template drops, and does not open it twice', () => {
    const tokenizer = templated(PREFILLS);
    const expected = '[U]q[A]<think>\n⟦why\n</think>\n\nbecause<|im_end|>⟧';
    expect(conversation(tokenizer, user('q'), assistant('because', 'why'))).toEqual([expected]);
    expect(conversation(tokenizer, user('q'), assistant('<think>\nwhy\n</think>\n\nbecause'))).toEqual([
      expected,
    ]);
    expect(conversation(tokenizer, user('q'), assistant('why\n</think>\n\nbecause'))).toEqual([expected]);
  });

  it('closes at once a thought that the prompt opens and the reply does not have', () => {
    expect(conversation(templated(PREFILLS), user('q'), assistant('hello'))).toEqual([
      '[U]q[A]<think>\n⟦\n</think>\n\nhello<|im_end|>⟧',
    ]);
  });

  it('writes a thought in tags where the template knows none', () => {
    expect(conversation(bytes, user('q'), assistant('because', 'why'))[0]).toMatch(
      /assistant\n⟦<think>\nwhy\n<\/think>\n\nbecause<\|im_end\|>⟧$/,
    );
  });

  it('adds the end token of the checkpoint where the template ends replies in another', () => {
    const chatml = bytes.chatTemplate!.source;
    const tokenizer = templated(chatml, { eos_token: '<|endoftext|>', pad_token: '<|endoftext|>' });
    const turns = conversation(tokenizer, user('a'), assistant('b'), user('c'), assistant('d'));
    expect(turns.map((text) => text.slice(text.indexOf('⟦')))).toEqual([
      '⟦b<|im_end|><|endoftext|>⟧',
      '⟦d<|im_end|><|endoftext|>⟧',
    ]);
  });

  it('learns the end token where it is the padding token too', () => {
    const tokenizer = templated(bytes.chatTemplate!.source, {
      eos_token: '<|im_end|>',
      pad_token: '<|im_end|>',
    });
    const [{ tokens, trained }] = encodeConversation(tokenizer, [user('a'), assistant('b')]) as [
      TokenSequence,
    ];
    expect(tokenizer.padId).toBe(tokenizer.eosId);
    expect(tokens.at(-1)).toBe(tokenizer.eosId);
    expect(trained.at(-1)).toBe(1);
  });

  it('refuses a conversation without a reply', () => {
    expect(() => encodeConversation(bytes, [user('a')])).toThrow(/no message is the assistant/);
  });
});

describe('encodeDemonstration', () => {
  const response = '<think> 2 </think> <answer> 2 </answer>';

  it.each(PROMPT_TEMPLATES)(
    '%s: the prompt as it is asked, then the reply and its end, in the small world',
    (template) => {
      const { tokens, trained } = encodeDemonstration(template, 'what is 2 ?', response, world);
      const prompt = encodePrompt(template, 'what is 2 ?', world);
      expect([...tokens.subarray(0, prompt.length)]).toEqual([...prompt]);
      expect([...trained]).toEqual(Array.from(tokens, (_, i) => Number(i >= prompt.length)));
      const reply = template === 'r1-zero-prefilled' ? response.slice('<think>'.length) : response;
      expect([...tokens.subarray(prompt.length)]).toEqual([...world.encode(reply), world.eosId]);
    },
  );

  it('puts a blank after a colon, and nothing where the template or the text has one', () => {
    const text = (template: 'plain' | 'raw', reply: string) =>
      shown(encodeDemonstration(template, 'q', reply, bytes), bytes);
    expect(text('plain', 'yes')).toBe('User: q Assistant:⟦ yes<|im_end|>⟧');
    expect(text('plain', ' yes')).toBe('User: q Assistant:⟦ yes<|im_end|>⟧');
    expect(text('raw', 'yes')).toBe('q⟦yes<|im_end|>⟧');
  });

  it('writes no blank into the middle of a text that the tokenizer puts before every text', () => {
    const tokenizer = new Tokenizer(sentencePiece());
    const { tokens, trained } = encodeDemonstration('raw', 'the', 'than', tokenizer);
    expect(tokenizer.decode(tokens, { skipSpecial: true })).toBe('thethan');
    expect(tokens[0]).toBe(tokenizer.bosId);
    expect(tokens.at(-1)).toBe(tokenizer.eosId);
    expect(trained.indexOf(1)).toBe(encodePrompt('raw', 'the', tokenizer).length);
  });

  it('reads no end token that a reply spells, except in raw text', () => {
    const ends = (template: 'plain' | 'raw') =>
      [...encodeDemonstration(template, 'q', 'a<|im_end|>b', bytes).tokens].filter(
        (id) => id === bytes.eosId,
      );
    expect(ends('plain')).toHaveLength(1);
    expect(ends('raw')).toHaveLength(2);
  });
});

describe('encodeConversation with tools', () => {
  const call = (args: Json) => ({ type: 'function', function: { name: 'add', arguments: args } });
  const calling = (args: Json, content: string | null = null): ChatMessage => ({
    role: 'assistant',
    content,
    tool_calls: [call(args)],
  });
  const result: ChatMessage = { role: 'tool', content: '3' };
  const text = (messages: readonly ChatMessage[], template?: string) => {
    const tokenizer = template === undefined ? byteTokenizer() : byteTokenizer(template);
    const [sequence] = encodeConversation(tokenizer, messages);
    return shown(sequence!, tokenizer);
  };
  const CALLS =
    "{%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% if m.content %}{{ m.content }}{% endif %}" +
    '{%- for c in m.tool_calls or [] %}<tool_call>\n{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\n</tool_call>{% endfor %}' +
    "{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

  it.each<[string, Json]>([
    ['an object', { a: 1 }],
    ['JSON text', '{"a": 1}'],
  ])('learns calls as the template writes them, from arguments in %s', (_, args) => {
    expect(text([user('1 + 2?'), calling(args), result, assistant('3')], CALLS)).toBe(
      '<|im_start|>user\n1 + 2?<|im_end|>\n<|im_start|>assistant\n' +
        '⟦<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call><|im_end|>⟧\n' +
        '<|im_start|>tool\n3<|im_end|>\n<|im_start|>assistant\n⟦3<|im_end|>⟧\n'.trimEnd(),
    );
  });

  it('writes a call behind an opened thought by hand, in the syntax of the template', () => {
    expect(text([user('q'), { ...calling({ a: 1 }), reasoning_content: 'add' }])).toBe(
      '<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<think>\n' +
        '⟦add\n</think>\n\n<tool_call>\n{"name": "add", "arguments": {"a":1}}\n</tool_call><|im_end|>⟧',
    );
  });

  it('refuses calls and tools that the template does not write', () => {
    const plain = "{% for m in messages %}[{{ m.content or '' }}]{% endfor %}";
    expect(() => text([user('q'), calling({})], plain)).toThrow(
      /calls tools, which the chat template does not write/,
    );
    expect(() =>
      encodeConversation(byteTokenizer(plain), [user('q'), assistant('a')], { tools: [{}] }),
    ).toThrow(/has tools, which the chat template does not write/);
  });

  it('learns from the message it is told', () => {
    const [sequence] = encodeConversation(bytes, [user('a'), assistant('b'), user('c'), assistant('d')], {
      learntFrom: 3,
    });
    expect(shown(sequence!, bytes).match(/⟦[^⟧]*⟧/g)).toEqual([expect.stringContaining('d')]);
  });
});
