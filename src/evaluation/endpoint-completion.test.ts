import { describe, expect, it } from 'vitest';
import { remoteMessages } from './endpoint-completion.ts';

const prompt = { id: 'file:3', task: 'file', text: 'c', answer: null };
const messages = [
  { role: 'system', content: 's' },
  { role: 'user', content: 'c' },
];

describe('remoteMessages', () => {
  it('asks the question alone, or the conversation, with an instruction behind the last message', () => {
    expect(remoteMessages(prompt)).toEqual([{ role: 'user', content: 'c' }]);
    expect(remoteMessages(prompt, 'Think.')).toEqual([{ role: 'user', content: 'c\n\nThink.' }]);
    expect(remoteMessages({ ...prompt, messages })).toEqual(messages);
    expect(remoteMessages({ ...prompt, messages }, 'Think.')).toEqual([
      messages[0],
      { role: 'user', content: 'c\n\nThink.' },
    ]);
  });

  it('refuses what endpoints are not sent', () => {
    const tool = [...messages, { role: 'tool', content: '3' }];
    expect(() => remoteMessages({ ...prompt, messages: tool })).toThrow(/^prompt file:3: calls of tools/);
  });
});
