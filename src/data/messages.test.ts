import { describe, expect, it } from 'vitest';
import type { Json } from '../records.ts';
import { readMessages } from './messages.ts';

const read = (value: Json) => readMessages(value, { place: 'file:3', column: 'messages' });
const call = (args: Json) => ({ type: 'function', function: { name: 'add', arguments: args } });
const user = { role: 'user', content: 'q' };

describe('readMessages', () => {
  it.each<[string, Json, object]>([
    ['a text', user, user],
    [
      'parts of text',
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: 'ab' },
    ],
    [
      'further fields, but for nulls',
      { ...user, name: 'x', tool_calls: null, id: null },
      { ...user, name: 'x' },
    ],
    ['ShareGPT', { from: 'human', value: 'q' }, user],
    ['the role developer', { role: 'developer', content: 's' }, { role: 'system', content: 's' }],
    ['an observation', { from: 'observation', value: '3' }, { role: 'tool', content: '3' }],
    [
      'calls with null for content',
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1', ...call('{"a": 1}') }] },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1', ...call('{"a": 1}') }] },
    ],
    [
      'calls without the function around them, and an empty content',
      { role: 'assistant', content: '', tool_calls: [{ name: 'add', arguments: { a: 1 } }] },
      { role: 'assistant', content: null, tool_calls: [call({ a: 1 })] },
    ],
    [
      'a call of ShareGPT',
      { from: 'function_call', value: '{"name": "add", "arguments": {"a": 1}}' },
      { role: 'assistant', content: null, tool_calls: [call({ a: 1 })] },
    ],
    [
      'a result',
      { role: 'tool', content: '3', tool_call_id: 'c1' },
      { role: 'tool', content: '3', tool_call_id: 'c1' },
    ],
  ])('reads %s', (_, message, expected) => {
    expect(read([message])).toEqual([expected]);
  });

  it.each(['reasoning_content', 'reasoning', 'thinking'])('reads the thought in %s', (field) => {
    const expected = { role: 'assistant', content: 'a', reasoning_content: 'why' };
    expect(read([{ role: 'assistant', content: 'a', [field]: 'why' }])).toEqual([expected]);
  });

  it('takes one thought where two fields say the same', () => {
    const message = { role: 'assistant', content: 'a', reasoning: 'why', reasoning_content: 'why' };
    expect(read([message])[0]).toEqual({ role: 'assistant', content: 'a', reasoning_content: 'why' });
  });

  it('reads a text as JSON', () => {
    expect(read(JSON.stringify([user]))).toEqual([user]);
  });

  it.each<[string, Json, RegExp]>([
    [
      'a text that is no JSON',
      'hello',
      /^file:3: the conversation is not a list of messages, nor the JSON text of one \(column "messages"\)\n/,
    ],
    ['no list', { role: 'user' }, /not a list of messages/],
    ['no role', [user, { content: 'a' }], /message 2 has no role/],
    ['an unknown role', [{ from: 'narrator', value: 'a' }], /message 1 has the role "narrator"/],
    ['null of the user', [{ role: 'user', content: null }], /content of message 1 is not a text/],
    ['an image', [{ role: 'user', content: [{ type: 'image', image: null }] }], /part of type "image"/],
    ['no parts', [{ role: 'user', content: [] }], /content of message 1 is not a text/],
    [
      'a thought that is no text',
      [{ role: 'assistant', content: 'a', thinking: {} }],
      /thinking of message 1/,
    ],
    [
      'two thoughts',
      [{ role: 'assistant', content: 'a', thinking: 'x', reasoning: 'y' }],
      /two thoughts, in "reasoning" and in "thinking"/,
    ],
    ['a call without a name', [{ role: 'assistant', content: null, tool_calls: [{}] }], /names no function/],
    [
      'calls that are no list',
      [{ role: 'assistant', content: null, tool_calls: {} }],
      /tool_calls of message 1 are not a list/,
    ],
    ['a call of ShareGPT that is text', [{ from: 'function_call', value: 'add' }], /names no function/],
  ])('refuses %s, naming place, column and layout', (_, value, message) => {
    expect(() => read(value)).toThrow(message);
    expect(() => read(value)).toThrow(/^file:3: .* \(column "messages"\)\n.*A conversation is a list/su);
  });
});
