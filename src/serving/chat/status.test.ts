import { describe, expect, it } from 'vitest';
import type { ChatReply } from './reply.ts';
import { endText, runningText, thoughtText, timeText } from './status.ts';

const REPLY: ChatReply = {
  model: 'a',
  reasoning: 'x',
  content: 'y',
  end: 'stop',
  promptTokens: 5,
  cachedTokens: 0,
  completionTokens: 150,
  reasoningTokens: 120,
  thoughtSeconds: 3.21,
  seconds: 4,
};

describe('status lines', () => {
  it.each([
    [0, '0.0 s'],
    [3.24, '3.2 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min 0 s'],
    [125, '2 min 5 s'],
    [3725, '62 min 5 s'],
  ])('%f seconds are %s', (seconds, text) => {
    expect(timeText(seconds)).toBe(text);
  });

  it('count one token and many', () => {
    expect(runningText(1, 1)).toBe('1.0 s · 1 token');
    expect(thoughtText(REPLY)).toBe('thought for 3.2 s · 120 tokens');
  });

  it('tell speed and why a reply ended', () => {
    expect(endText(REPLY)).toBe('150 tokens · 37.5 tokens/s');
    expect(endText({ ...REPLY, end: 'length' })).toBe('150 tokens · 37.5 tokens/s · cut at the limit');
    expect(endText({ ...REPLY, end: 'stopped' })).toContain(' · stopped');
    expect(endText({ ...REPLY, end: 'error' })).toContain(' · broken off');
    expect(endText({ ...REPLY, completionTokens: 0, seconds: 0 })).toBe('0 tokens');
  });
});
