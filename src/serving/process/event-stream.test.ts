import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GenerationError, type GenerationEvent } from '../backend.ts';
import { REQUEST } from '../testing.ts';
import { EventStream } from './event-stream.ts';
import { Pace, SHARED_MS } from './pace.ts';

const delta = (content: string): GenerationEvent => ({ type: 'delta', index: 0, reasoning: '', content });
const thought = (reasoning: string): GenerationEvent => ({ type: 'delta', index: 0, reasoning, content: '' });
const finish = (index = 0): GenerationEvent => ({
  type: 'finish',
  index,
  reason: 'stop',
  reasoningTokens: 0,
  completionTokens: 1,
  thought: false,
});

function open(n = 1, pace: Pace | null = null): { stream: EventStream; taken: number[]; closed: boolean[] } {
  const taken: number[] = [];
  const closed: boolean[] = [];
  const stream = new EventStream(
    { ...REQUEST, n },
    { taken: (events) => void taken.push(events), closed: (isComplete) => void closed.push(isComplete) },
    pace,
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
    for (let i = 0; i < 40; i++) stream.push(i % 2 === 0 ? delta('a') : thought('a'));
    expect(taken).toEqual([]);
    for (let i = 0; i < 33; i++) await stream.next();
    expect(taken).toEqual([16, 16]);
    stream.count(15);
    expect(taken).toEqual([16, 16, 16]);
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
    stream.push(thought('b'));
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

  it('makes one of the deltas that lie unread, as far as they are of one reply and kind', async () => {
    const { stream } = open(2);
    const other = { ...delta('x'), index: 1 } as GenerationEvent;
    for (const event of [
      thought('a'),
      thought('b'),
      other,
      delta('c'),
      other,
      delta('d'),
      finish(0),
      other,
    ]) {
      stream.push(event, 4);
    }
    stream.push(finish(1));
    const merged = (event: GenerationEvent) => ({ ...event, merged: 2 });
    expect(await read(stream)).toEqual([
      merged(thought('ab')),
      { ...merged(other), content: 'xx' },
      merged(delta('cd')),
      finish(0),
      other,
      finish(1),
    ]);
  });

  it('leaves deltas with log-probabilities alone', async () => {
    const { stream } = open();
    const scored = { ...delta('a'), contentLogprobs: [] } as GenerationEvent;
    for (const event of [scored, scored, finish()]) stream.push(event);
    expect(await read(stream)).toEqual([scored, scored, finish()]);
  });

  describe('under load', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    /** Reads on and on. */
    function reading(stream: EventStream): GenerationEvent[] {
      const events: GenerationEvent[] = [];
      void (async () => {
        for await (const event of stream) events.push(event);
      })();
      return events;
    }
    const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

    it('hands the first delta over at once and lets those of the next 10 ms share an event', async () => {
      const { stream } = open(1, new Pace(() => true));
      const events = reading(stream);
      await settle();
      for (const text of ['a', 'b', 'c']) {
        stream.push(delta(text));
        await settle(2);
      }
      expect(events).toEqual([delta('a')]);
      await settle(SHARED_MS);
      expect(events).toEqual([delta('a'), { ...delta('bc'), merged: 2 }]);
    });

    it('hands over as one what has arrived together, however long ago the last was read', async () => {
      const { stream } = open(1, new Pace(() => true));
      const events = reading(stream);
      await settle();
      stream.push(delta('a'));
      await settle(5 * SHARED_MS);
      for (const text of ['b', 'c']) stream.push(delta(text));
      await settle();
      expect(events).toEqual([delta('a'), { ...delta('bc'), merged: 2 }]);
    });

    it('hands the first delta over in the tick in which the reader asks for it', async () => {
      const { stream } = open(1, new Pace(() => true));
      const started: GenerationEvent = { type: 'start', promptTokens: 1, cachedTokens: 0 };
      const first = stream.next();
      for (const event of [started, delta('a')]) stream.push(event);
      expect([(await first).value, (await stream.next()).value]).toEqual([started, delta('a')]);
    });

    it('holds nothing back behind the end of a reply, or where the server is not busy', async () => {
      const { stream } = open(1, new Pace(() => true));
      const events = reading(stream);
      await settle();
      stream.push(delta('a'));
      await settle(1);
      stream.push(delta('b'));
      stream.push(finish());
      await settle();
      expect(events).toEqual([delta('a'), delta('b'), finish()]);

      const calm = open(1, new Pace(() => false)).stream;
      const all = reading(calm);
      await settle();
      for (const text of ['a', 'b']) {
        calm.push(delta(text));
        await settle();
      }
      expect(all).toEqual([delta('a'), delta('b')]);
    });

    it('gives what is held before a failure', async () => {
      const { stream } = open(1, new Pace(() => true));
      await settle();
      const first = stream.next();
      stream.push(delta('a'));
      await settle();
      expect((await first).value).toEqual(delta('a'));
      const next = stream.next();
      stream.push(delta('b'));
      stream.fail(new GenerationError('interrupted', 'gone'));
      expect((await next).value).toEqual(delta('b'));
      await expect(stream.next()).rejects.toThrow('gone');
    });
  });
});
