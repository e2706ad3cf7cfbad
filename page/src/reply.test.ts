import { describe, expect, it } from 'vitest';
import {
  applyEvent,
  isActive,
  newReply,
  type ReplyEvent,
  thinkingTime,
  thinkingTokens,
  tokensPerSecond,
  totalTokens,
} from './reply.ts';

const piece = (at: number, more: Partial<Extract<ReplyEvent, { type: 'piece' }>>): ReplyEvent => ({
  type: 'piece',
  at,
  reasoning: '',
  content: '',
  finish: null,
  usage: null,
  ...more,
});

const after = (...events: ReplyEvent[]) => events.reduce(applyEvent, newReply(1000));

describe('a reply', () => {
  it('waits until something comes, an empty piece is nothing', () => {
    expect(after().phase).toBe('waiting');
    expect(after(piece(1100, {}))).toMatchObject({ phase: 'waiting', firstTokenAt: null });
  });

  it('thinks, then answers; the thought’s time ends with the first of the answer', () => {
    const thinking = after(piece(1500, { reasoning: 'a' }), piece(1700, { reasoning: 'b' }));
    expect(thinking).toMatchObject({ phase: 'thinking', reasoning: 'ab', thinkingTo: null });
    expect(thinkingTime(thinking, 2500)).toBe(1000);
    expect(thinkingTokens(thinking)).toBe(2);
    const answering = applyEvent(thinking, piece(2000, { content: 'c' }));
    expect(answering).toMatchObject({ phase: 'answering', content: 'c', thinkingTo: 2000 });
    expect(thinkingTime(answering, 9999)).toBe(500);
  });

  it('without a thought took no time to think', () => {
    expect(thinkingTime(after(piece(1500, { content: 'a' })), 2000)).toBe(0);
  });

  it('takes thought and answer from one piece', () => {
    expect(after(piece(1500, { reasoning: 'a', content: 'b' }))).toMatchObject({
      phase: 'answering',
      reasoning: 'a',
      content: 'b',
      thinkingFrom: 1500,
      thinkingTo: 1500,
    });
  });

  it('believes the server’s counts over its own', () => {
    const usage = { promptTokens: 5, completionTokens: 9, reasoningTokens: 7 };
    const reply = after(
      piece(1500, { reasoning: 'abc' }),
      piece(1600, { content: 'd' }),
      piece(1700, { usage }),
    );
    expect([thinkingTokens(reply), totalTokens(reply)]).toEqual([7, 9]);
  });

  it('has a rate once it has ended: tokens after the first by the time since the first', () => {
    const pieces = [1500, 1750, 2000].map((at) => piece(at, { content: 'x' }));
    expect(tokensPerSecond(after(...pieces))).toBeNull();
    expect(tokensPerSecond(after(...pieces, { type: 'ended', at: 2000 }))).toBe(4);
    expect(tokensPerSecond(after(pieces[0]!, { type: 'ended', at: 2000 }))).toBeNull();
  });

  it('keeps what came when it is stopped or fails, and takes nothing more', () => {
    const error = { status: 503, message: 'gone', retryAt: null, passing: true };
    const half = [piece(1500, { reasoning: 'a' })];
    const stopped = after(...half, { type: 'stopped', at: 1600 });
    expect(stopped).toMatchObject({ phase: 'stopped', reasoning: 'a', thinkingTo: 1600, endedAt: 1600 });
    expect(applyEvent(stopped, piece(1700, { content: 'late' }))).toBe(stopped);
    const failed = after(...half, { type: 'failed', at: 1600, error });
    expect(failed).toMatchObject({ phase: 'failed', reasoning: 'a', error });
    expect([isActive(stopped), isActive(failed), isActive(after(...half))]).toEqual([false, false, true]);
  });

  it('keeps the reason it finished for', () => {
    expect(after(piece(1, { finish: 'length' }), { type: 'ended', at: 2 })).toMatchObject({
      phase: 'done',
      finish: 'length',
    });
  });
});
