import { describe, expect, it } from 'vitest';
import { Conversation, replyJson } from './conversation.ts';
import type { ChatReply } from './reply.ts';

function reply(model: string, content: string, reasoning = ''): ChatReply {
  return {
    model,
    reasoning,
    content,
    end: 'stop',
    promptTokens: 5,
    cachedTokens: 1,
    completionTokens: 4,
    reasoningTokens: 2,
    thoughtSeconds: 1,
    seconds: 2,
  };
}

const talk = new Conversation()
  .with({ text: 'one', replies: [reply('a', '\n\nA1\n', 'thought of a'), reply('b', 'B1')] })
  .with({ text: 'two', replies: [reply('a', '')] });

describe('Conversation', () => {
  it('sends each model its own answers, without thoughts, and what it answered', () => {
    expect(talk.messagesFor('a', 'three')).toEqual([
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'A1' },
      { role: 'user', content: 'two' },
      { role: 'assistant', content: '' },
      { role: 'user', content: 'three' },
    ]);
    expect(talk.messagesFor('b', 'three').map(({ content }) => content)).toEqual(['one', 'B1', 'three']);
  });

  it('goes back before the last message and leaves the old one as it was', () => {
    expect(talk.beforeLast().turns.map(({ text }) => text)).toEqual(['one']);
    expect(talk.last?.text).toBe('two');
    expect(new Conversation().beforeLast().last).toBeUndefined();
  });

  it('is kept as JSON, thoughts included', () => {
    const settings = {
      temperature: 0.6,
      topP: 0.95,
      topK: null,
      maxTokens: null,
      thinkingBudget: 8,
      seed: null,
      system: null,
    };
    expect(JSON.parse(JSON.stringify(talk.toJson(['a', 'b'], settings)))).toMatchObject({
      models: ['a', 'b'],
      settings: { top_p: 0.95, thinking_budget: 8, system: null },
      turns: [
        { user: 'one', replies: [{ model: 'a', reasoning_content: 'thought of a' }, { model: 'b' }] },
        { user: 'two', replies: [{ content: '' }] },
      ],
    });
  });
});

it('a reply is told in the words of the API', () => {
  expect(replyJson(reply('a', 'A'))).toEqual({
    model: 'a',
    reasoning_content: null,
    content: 'A',
    finish_reason: 'stop',
    usage: {
      prompt_tokens: 5,
      completion_tokens: 4,
      total_tokens: 9,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 2 },
    },
  });
});
