import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { type ConversationExample, readExamples, sftFileSchema } from './sft-examples.ts';

const dir = mkdtempSync(join(tmpdir(), 'aha-sft-jsonl-'));
afterAll(() => rmSync(dir, { recursive: true }));

let files = 0;
async function read(lines: readonly (string | object)[], settings: object = {}) {
  const path = join(dir, `${files++}.jsonl`);
  writeFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  const examples = await readExamples(sftFileSchema.parse({ path, ...settings }));
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
    const settings = { messagesField: 'chat', promptField: 'question', responseField: 'solution' };
    expect(
      await read([{ chat: [user, assistant] }, { question: 'x', solution: 'y', prompt: 'no' }], settings),
    ).toEqual([
      { messages: [user, assistant], line: 1 },
      { prompt: 'x', response: 'y', line: 2 },
    ]);
  });

  const system = { role: 'system', content: 's' };

  it.each([
    ['messages in `conversations`', { conversations: [user, assistant] }, [user, assistant]],
    [
      'ShareGPT, its system prompt beside it',
      {
        system: 's',
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
        ],
      },
      [system, user, assistant],
    ],
    [
      'a system prompt of its own before one beside it',
      { system: 'other', messages: [system, user, assistant] },
      [system, user, assistant],
    ],
    [
      'null where another layout has something',
      { messages: null, conversations: [user, assistant] },
      [user, assistant],
    ],
    ['JSON text, as CSV has it', { messages: JSON.stringify([user, assistant]) }, [user, assistant]],
  ])('reads %s', async (_, row, messages) => {
    expect(await read([row])).toEqual([{ messages, line: 1 }]);
  });

  it.each([
    ['both as messages (TRL)', [system, user], [assistant], [system, user, assistant], 2],
    ['a prompt of messages', [user], 'a', [user, assistant], 1],
    ['a reply of messages', 'q', [assistant], [user, assistant], 1],
    [
      'earlier turns, which are not learnt',
      [user, assistant, user],
      [assistant],
      [user, assistant, user, assistant],
      3,
    ],
  ])('reads a prompt and its completion: %s', async (_, prompt, completion, messages, learntFrom) => {
    expect(await read([{ prompt, completion }])).toEqual([{ messages, learntFrom, line: 1 }]);
  });

  it('reads tools in a list, as texts, and as one text', async () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const row = { messages: [user, assistant] };
    const all = [tools, tools.map((tool) => JSON.stringify(tool)), JSON.stringify(tools)];
    const read1 = await read([...all.map((one) => ({ ...row, tools: one })), { ...row, tools: null }]);
    expect(read1.map((one) => 'tools' in one && one.tools)).toEqual([tools, tools, tools, false]);
    await expect(read([{ ...row, tools: 'f' }])).rejects.toThrow(/:1: column "tools" is not a list of tools/);
  });

  it('reads the same from Parquet, CSV and gzip', async () => {
    const rows = [
      { prompt: 'q', completion: 'a' },
      { prompt: 'r', completion: 'b' },
    ];
    const jsonl = rows.map((row) => JSON.stringify(row)).join('\n');
    writeFileSync(join(dir, 'same.jsonl.gz'), gzipSync(jsonl));
    writeFileSync(join(dir, 'same.csv'), 'prompt,completion\nq,a\nr,b\n');
    const columnData = (['prompt', 'completion'] as const).map((name) => ({
      name,
      data: rows.map((row) => row[name]),
    }));
    parquetWriteFile({ filename: join(dir, 'same.parquet'), columnData });
    for (const name of ['same.jsonl.gz', 'same.csv', 'same.parquet']) {
      const examples = await readExamples(sftFileSchema.parse({ path: join(dir, name) }));
      expect(examples).toMatchObject([
        { prompt: 'q', response: 'a' },
        { prompt: 'r', response: 'b' },
      ]);
    }
  });

  it('reads messages from Parquet, whose structs have every field of every message', async () => {
    const filename = join(dir, 'chat.parquet');
    const messages = [
      { ...user, tool_calls: null, reasoning: null, tool_call_id: null },
      { ...assistant, tool_calls: [], reasoning: 'why', tool_call_id: null },
    ];
    parquetWriteFile({ filename, columnData: [{ name: 'messages', data: [messages], type: 'JSON' }] });
    const [example] = await readExamples(sftFileSchema.parse({ path: filename }));
    expect(example).toMatchObject({ messages: [user, { ...assistant, reasoning_content: 'why' }] });
    expect(Object.keys((example as ConversationExample).messages[0]!)).toEqual(['role', 'content']);
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
    [
      'an empty prompt of messages',
      [{ prompt: [], completion: 'a' }],
      /:1: the prompt has no messages \(column "prompt"\)/,
    ],
    [
      'a completion of the user',
      [{ prompt: 'q', completion: [user] }],
      /:1: no message .* \(column "completion"\)/,
    ],
    ['a prompt that is null', [{ prompt: null, response: 'a' }], /:1: field "prompt" is not a text/],
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
