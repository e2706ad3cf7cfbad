import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../../tests/support/gate.ts';
import { PatientReader, WAITING } from './patient-reader.ts';

async function* heldAt(gate: Gate) {
  yield 1;
  await gate.passed;
  yield 2;
}

describe('PatientReader', () => {
  it('gives up a wait and takes it up again without losing an event', async () => {
    const gate = new Gate();
    const reader = new PatientReader(Promise.resolve(heldAt(gate)), new AbortController().signal);
    expect(await reader.next(10_000)).toEqual({ done: false, value: 1 });
    expect(await reader.next(5)).toBe(WAITING);
    expect(await reader.next(5)).toBe(WAITING);
    gate.open();
    expect(await reader.next(10_000)).toEqual({ done: false, value: 2 });
    expect(await reader.next(10_000)).toEqual({ done: true, value: undefined });
  });

  it('asks for no event before it is asked for one', async () => {
    let pulled = 0;
    const source = { next: () => Promise.resolve({ done: false as const, value: ++pulled }) };
    const reader = new PatientReader(Promise.resolve(source), new AbortController().signal);
    await sleep(5);
    expect(pulled).toBe(0);
    await reader.next(10_000);
    await sleep(5);
    expect(pulled).toBe(1);
  });

  it('stops waiting at once when it is aborted, and ends a source that never answers', async () => {
    const abort = new AbortController();
    let returned = 0;
    const source = {
      next: () => new Promise<IteratorResult<number>>(() => undefined),
      return: () => {
        returned += 1;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    };
    const reader = new PatientReader(Promise.resolve(source), abort.signal);
    const waiting = reader.next(60_000);
    abort.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
    await expect(reader.next(10_000)).rejects.toThrow(/abort/i);
    expect(returned).toBe(1);
  });

  it('tells of a source that could not start when it is asked', async () => {
    const reader = new PatientReader(Promise.reject(new Error('full')), new AbortController().signal);
    await sleep(5);
    await expect(reader.next(10_000)).rejects.toThrow('full');
  });
});
