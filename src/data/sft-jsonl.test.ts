import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readExamples, sftJsonlSchema } from './sft-jsonl.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-sft-jsonl-'));
afterAll(() => rmSync(dir, { recursive: true }));

let files = 0;
async function read(lines: readonly (string | object)[], knobs: object = {}) {
  const path = join(dir, `${files++}.jsonl`);
  writeFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  const examples = await readExamples(sftJsonlSchema.parse({ path, ...knobs }));
  return examples.map(({ place, ...rest }) => ({ ...rest, line: Number(place.split(':').at(-1)) }));
}

const user = { role: 'user', content: 'q' };
const assistant = { role: 'assistant', content: 'a' };

describe('readExamples', () => {
  it('reads conversations and prompts with replies, and keeps further fields of messages', async () => {
    const messages = [user, { ...assistant, reasoning_content: 'why', name: 'x' }];
    expect(
      await read([
        { messages, id: 3 },
        '',
        { prompt: 'q', completion: 'b' },
        { prompt: 'q', response: 'c', completion: 'd' },
      ]),
    ).toEqual([
      { messages, line: 1 },
      { prompt: 'q', response: 'b', line: 3 },
      { prompt: 'q', response: 'c', line: 4 },
    ]);
  });

  it('reads other fields by name', async () => {
    const knobs = { messagesField: 'chat', promptField: 'question', responseField: 'solution' };
    expect(
      await read([{ chat: [user, assistant] }, { question: 'x', solution: 'y', prompt: 'no' }], knobs),
    ).toEqual([
      { messages: [user, assistant], line: 1 },
      { prompt: 'x', response: 'y', line: 2 },
    ]);
  });

  it.each([
    ['no JSON', ['{"prompt": '], /:1: not JSON/],
    [
      'no field',
      [{ question: 'q' }],
      /:1: field "messages" or "prompt" is missing \(fields present: question\)/,
    ],
    ['no reply', [{ prompt: 'q', answer: 'a' }], /:1: field "response" is missing .*prompt, answer/],
    [
      'an empty reply',
      [{ prompt: 'q', response: ' ' }],
      /:1: field "response" is not a text with something in it/,
    ],
    ['a number for a prompt', [{ prompt: 3, response: 'a' }], /:1: field "prompt" is not a text/],
    ['no list', [{ messages: 'hello' }], /:1: the conversation is not a list/],
    ['no role', ['{"messages": [{"content": "a"}]}'], /:1: message 1 has no role/],
    ['null for a message', ['{"messages": [null]}'], /:1: message 1 has no role/],
    [
      'no content',
      [{ messages: [user, { role: 'assistant' }] }],
      /:1: the content of message 2 is not a text/,
    ],
    [
      'parts for content',
      [{ messages: [{ role: 'user', content: [] }, assistant] }],
      /content of message 1 is not/,
    ],
    [
      'a thought that is no text',
      [{ messages: [user, { ...assistant, reasoning_content: 3 }] }],
      /:1: the reasoning_content of message 2 is not a text/,
    ],
    ['nobody replying', [{ messages: [user] }], /:1: no message of the conversation is the assistant/],
    [
      'an empty turn',
      [{ messages: [user, { ...assistant, content: '' }] }],
      /:1: an assistant message is empty/,
    ],
    ['nothing', ['', ''], /no examples in this file/],
  ] as const)('refuses %s, naming the place', async (_, lines, message) => {
    await expect(read(lines)).rejects.toThrow(message);
  });
});
