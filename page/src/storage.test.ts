import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conversation } from './conversation.ts';
import { newReply, type Reply } from './reply.ts';
import { pack, unpack } from './storage.ts';

const reply = (more: Partial<Reply> = {}): Reply => ({ ...newReply(1), phase: 'done', ...more });

const talk = (turns: number, reasoning: number, content: number): Conversation => ({
  turns: Array.from({ length: turns }, (_, i) => ({
    id: String(i),
    question: 'q',
    replies: { r1: reply({ reasoning: 'x'.repeat(reasoning), content: 'y'.repeat(content) }) },
  })),
});

describe('pack', () => {
  it('comes back whole where it fits', () => {
    const conversation = talk(3, 10, 10);
    expect(unpack(pack(conversation))).toEqual(conversation);
  });

  it('drops the oldest thoughts first', () => {
    const kept = unpack(pack(talk(4, 1000, 10), 3500)).turns;
    expect(kept).toHaveLength(4);
    expect(kept.map(({ replies }) => replies.r1!.reasoning.length)).toEqual([0, 0, 1000, 1000]);
  });

  it('then the oldest turns', () => {
    const kept = unpack(pack(talk(6, 10, 1000), 4000)).turns;
    expect(kept.at(-1)?.id).toBe('5');
    expect(kept.length).toBeLessThan(6);
    expect(kept.length).toBeGreaterThan(1);
  });

  it('never exceeds the limit', () => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.nat(300),
        fc.nat(300),
        fc.integer({ min: 12, max: 3000 }),
        (turns, a, b, limit) => {
          expect(pack(talk(turns, a, b), limit).length).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });
});

describe('unpack', () => {
  it('stops what was under way', () => {
    const conversation: Conversation = {
      turns: [{ id: 'a', question: 'q', replies: { r1: reply({ phase: 'thinking', thinkingFrom: 5 }) } }],
    };
    expect(unpack(JSON.stringify(conversation)).turns[0]!.replies.r1).toMatchObject({
      phase: 'stopped',
      thinkingTo: 5,
    });
  });

  it.each([
    '',
    'null',
    '{"turns":5}',
    '{"turns":[null,{"id":1},{"id":"a","question":"q","replies":{"r":{}}}]}',
  ])('reads %j as nothing', (text) => {
    expect(unpack(text)).toEqual({ turns: [] });
  });
});
