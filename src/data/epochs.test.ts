import { describe, expect, it } from 'vitest';
import { epochs } from './epochs.ts';

describe('epochs', () => {
  const items = [...'abcdefg'];

  it('shows every item once an epoch, shuffled anew', () => {
    const stream = epochs(items, 3, 'letters');
    expect(stream.size).toBe(7);
    const passes = [stream.next(7), stream.next(7), stream.next(7)];
    for (const pass of passes) expect([...pass].sort()).toEqual(items);
    expect(new Set(passes.map((pass) => pass.join(''))).size).toBe(3);
  });

  it('goes on from a cursor, and refuses one of other items', () => {
    const whole = epochs(items, 3, 'letters');
    whole.next(10);
    const cursor = JSON.parse(JSON.stringify(whole.cursor())) as ReturnType<typeof whole.cursor>;
    const resumed = epochs(items, 3, 'letters');
    resumed.seek(cursor);
    expect(resumed.next(9)).toEqual(whole.next(9));
    expect(() => epochs(items.slice(1), 3, 'letters').seek(cursor)).toThrow(/letters: 6 items, .* read 7/);
    expect(() => resumed.seek('there')).toThrow(TypeError);
  });
});
