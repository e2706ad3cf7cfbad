import { describe, expect, it } from 'vitest';
import type { Turn } from './conversation.ts';
import { newReply } from './reply.ts';
import { chatBody } from './request.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

const turn = (question: string, replies: { [model: string]: string }): Turn => ({
  id: question,
  question,
  replies: Object.fromEntries(
    Object.entries(replies).map(([model, content]) => [
      model,
      { ...newReply(0), content, reasoning: 'secret' },
    ]),
  ),
});

const earlier = [
  turn('one', { r1: '1', zero: 'eins' }),
  turn('two', { zero: 'zwei' }),
  turn('three', { r1: '' }),
];

describe('chatBody', () => {
  it('shows a model its own answers, never thoughts, and leaves out what it has not answered', () => {
    const body = chatBody('r1', 'four', earlier, DEFAULT_SETTINGS, 'open');
    expect(body).toEqual({
      model: 'r1',
      messages: [
        { role: 'user', content: 'one' },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'four' },
      ],
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  const all = { ...DEFAULT_SETTINGS, temperature: 0, topP: 0.9, maxTokens: 5, thinkingBudget: 0, seed: 0 };

  it('sends what was set, zero too', () => {
    expect(chatBody('r1', 'x', [], { ...all, system: 'S' }, 'open')).toMatchObject({
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'x' },
      ],
      temperature: 0,
      top_p: 0.9,
      max_tokens: 5,
      max_thinking_tokens: 0,
      seed: 0,
    });
  });

  it('leaves out what has no effect in the era', () => {
    expect(Object.keys(chatBody('r1', 'x', [], all, 'r1'))).toEqual([
      'model',
      'messages',
      'stream',
      'stream_options',
      'max_tokens',
      'seed',
    ]);
    const thinking = chatBody('r1', 'x', [], all, 'thinking');
    expect(thinking).toMatchObject({ top_p: 0.9, thinking: { type: 'enabled', budget_tokens: 0 } });
    expect(thinking).not.toHaveProperty('max_thinking_tokens');
    expect(chatBody('r1', 'x', [], all, 'constructor')).toHaveProperty('temperature');
  });
});
