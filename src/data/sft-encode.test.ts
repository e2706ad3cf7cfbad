import { describe, expect, it } from 'vitest';
import { worldTokenizer } from '../world/index.ts';
import { ExampleEncoder, type SequenceOptions } from './sft-encode.ts';
import type { Example } from './sft-examples.ts';

const tokenizer = worldTokenizer();
const encoder = (changes: Partial<SequenceOptions> = {}) =>
  new ExampleEncoder({ tokenizer, template: 'plain', maxLength: 8, overlong: 'drop', ...changes });

// `User: hello Assistant:` are three tokens, the end token one.
const reply = (words: number): Example => ({
  prompt: 'hello',
  response: Array<string>(words).fill('red').join(' '),
  place: 'file.jsonl:7',
});
const chat: Example = {
  messages: [
    { role: 'user', content: 'hello' },
    { role: 'assistant', content: 'hello' },
  ],
  place: 'file.jsonl:8',
};

describe('ExampleEncoder', () => {
  it('leaves out what is too long, and counts it', () => {
    const own = encoder();
    expect(own.encode(reply(4)).map(({ tokens }) => tokens.length)).toEqual([8]);
    expect(own.encode(reply(5))).toEqual([]);
    expect(own).toMatchObject({ sequences: 2, overlong: 1, untrained: 0 });
  });

  it('cuts at the end where asked, and leaves out what has no reply left', () => {
    const own = encoder({ overlong: 'truncate' });
    const [whole] = encoder({ maxLength: 99 }).encode(reply(5));
    const [cut] = own.encode(reply(5));
    expect([...cut!.tokens]).toEqual([...whole!.tokens.subarray(0, 8)]);
    expect([...cut!.trained]).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
    const short = encoder({ overlong: 'truncate', maxLength: 3 });
    expect(short.encode(reply(5))).toEqual([]);
    expect(short).toMatchObject({ sequences: 1, overlong: 1, untrained: 1 });
  });

  it('writes conversations with the chat template only', () => {
    expect(encoder({ template: 'chat' }).encode(chat)).toHaveLength(1);
    expect(() => encoder().encode(chat)).toThrow(
      /file\.jsonl:8: a conversation cannot be written .* "plain"/,
    );
  });

  it('names the place of what the template refuses', () => {
    const messages = [{ role: 'user', content: 'hello' }];
    expect(() => encoder({ template: 'chat' }).encode({ messages, place: 'file.jsonl:9' })).toThrow(
      /^file\.jsonl:9: no message is the assistant’s\n {2}Give a conversation/,
    );
  });
});
