import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../../tests/support/gate.ts';
import type { GenerationEvent } from '../backend.ts';
import { mergeEvents } from './merge-events.ts';
import { finish, say, start } from './testing.ts';

describe('mergeEvents', () => {
  it('takes each event when it is there', async () => {
    const gate = new Gate();
    async function* source(name: string, until?: Promise<void>): AsyncGenerator<GenerationEvent> {
      yield start();
      await until;
      yield say(name);
      yield finish();
    }
    const merged = await mergeEvents(
      [Promise.resolve(source('slow', gate.passed)), Promise.resolve(source('fast'))],
      3,
    );
    const seen: string[] = [];
    for (let next = await merged.next(); next.done !== true; next = await merged.next()) {
      const event = next.value;
      seen.push(event.type === 'start' ? 'start' : `${event.type} ${event.index}`);
      if (event.type === 'finish') gate.open();
    }
    expect(seen).toEqual(['start', 'start', 'delta 3', 'finish 3', 'delta 0', 'finish 0']);
  });

  it('holds no more than one event of each source', async () => {
    const pulled = [0, 0];
    async function* source(which: number): AsyncGenerator<GenerationEvent> {
      for (;;) {
        pulled[which]! += 1;
        yield say('x');
      }
    }
    const merged = await mergeEvents([Promise.resolve(source(0)), Promise.resolve(source(1))], 1);
    for (let i = 0; i < 10; i += 1) await merged.next();
    await sleep(5);
    expect(pulled[0]! + pulled[1]!).toBeLessThanOrEqual(12);
    expect(Math.min(...pulled)).toBeGreaterThan(3);
  });

  it('ends those that were taken when one is refused', async () => {
    let ended = 0;
    async function* source(): AsyncGenerator<GenerationEvent> {
      yield start();
    }
    const taken = Object.assign(source(), {
      return: () => {
        ended += 1;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    });
    await expect(mergeEvents([Promise.resolve(taken), Promise.reject(new Error('full'))], 1)).rejects.toThrow(
      'full',
    );
    expect(ended).toBe(1);
  });
});
