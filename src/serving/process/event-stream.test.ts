import { describe, expect, it } from 'vitest';
import { GenerationError, type GenerationEvent } from '../backend.ts';
import { REQUEST } from '../testing.ts';
import { EventStream } from './event-stream.ts';

const delta = (content: string): GenerationEvent => ({ type: 'delta', index: 0, reasoning: '', content });
const finish = (index = 0): GenerationEvent => ({
  type: 'finish',
  index,
  reason: 'stop',
  reasoningTokens: 0,
  completionTokens: 1,
  thought: false,
});

function open(n = 1): { stream: EventStream; taken: number[]; closed: boolean[] } {
  const taken: number[] = [];
  const closed: boolean[] = [];
  const stream = new EventStream(
    { ...REQUEST, n },
    { taken: (events) => void taken.push(events), closed: (isComplete) => void closed.push(isComplete) },
  );
  return { stream, taken, closed };
}

async function read(stream: EventStream): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('EventStream', () => {
  it('gives events in order, whether they come before or after they are asked for', async () => {
    const { stream, closed } = open();
    stream.push(delta('a'));
    const reading = read(stream);
    await Promise.resolve();
    stream.push(delta('b'));
    stream.push(finish());
    expect(await reading).toEqual([delta('a'), delta('b'), finish()]);
    expect(closed).toEqual([true]);
  });

  it('ends after the last reply, not the first', async () => {
    const { stream, closed } = open(2);
    const reading = read(stream);
    stream.push(finish(0));
    expect(closed).toEqual([]);
    stream.push(delta('x'));
    stream.push(finish(1));
    expect(await reading).toHaveLength(3);
  });

  it('tells what was read, and only what was read', async () => {
    const { stream, taken } = open();
    for (let i = 0; i < 40; i++) stream.push(delta('a'));
    expect(taken).toEqual([]);
    for (let i = 0; i < 33; i++) await stream.next();
    expect(taken).toEqual([16, 16]);
  });

  it('gives what came before a failure, then the failure', async () => {
    const { stream } = open();
    stream.push(delta('a'));
    stream.fail(new GenerationError('interrupted', 'gone'));
    expect(await stream.next()).toEqual({ done: false, value: delta('a') });
    await expect(stream.next()).rejects.toThrow('gone');
  });

  it('fails a reader that waits', async () => {
    const { stream } = open();
    const waiting = stream.next();
    stream.fail(new GenerationError('interrupted', 'gone'));
    await expect(waiting).rejects.toThrow('gone');
  });

  it('ends with its signal, at once, and says that it is not complete', async () => {
    const { stream, closed } = open();
    const controller = new AbortController();
    stream.abortWith(controller.signal);
    const waiting = stream.next();
    controller.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    stream.push(delta('late'));
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(closed).toEqual([false]);
  });

  it('is over from the start with a signal that has fired', async () => {
    const { stream, closed } = open();
    stream.abortWith(AbortSignal.abort());
    expect(await read(stream)).toEqual([]);
    expect(closed).toEqual([false]);
  });

  it('closes once', async () => {
    const { stream, closed } = open();
    stream.push(finish());
    await stream.return();
    stream.fail(new GenerationError('internal', 'late'));
    expect(closed).toEqual([true]);
  });

  it('tells since when events have lain unread', async () => {
    const { stream } = open();
    expect(stream.unreadSince).toBeNull();
    const before = Date.now();
    stream.push(delta('a'));
    stream.push(delta('b'));
    expect(stream.unreadSince).toBeGreaterThanOrEqual(before);
    await stream.next();
    expect(stream.unreadSince).toBeGreaterThanOrEqual(before);
    await stream.next();
    expect(stream.unreadSince).toBeNull();
  });

  it('ends a reply that is dropped as one that is not complete, and says why to whoever still reads', async () => {
    const { stream, closed } = open();
    stream.push(delta('a'));
    stream.drop(new GenerationError('stalled', 'not read'));
    expect(closed).toEqual([false]);
    expect(await stream.next()).toEqual({ done: false, value: delta('a') });
    await expect(stream.next()).rejects.toThrow('not read');
  });
});
