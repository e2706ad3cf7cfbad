import { describe, expect, it } from 'vitest';
import { epochs, indexedPrompts, indexedSource, mapSource } from './source.ts';

describe('sources', () => {
  it('count from 0, say where they stand, and go back there', () => {
    const source = indexedSource('squares', (i) => i * i);
    expect([source.next(), source.next(), source.next()]).toEqual([0, 1, 4]);
    expect(source.cursor()).toBe(3);
    source.seek(1);
    expect(source.next()).toBe(1);
  });

  it.each([[null], [-1], [1.5], ['3'], [{}]])('refuse the cursor %j', (cursor) => {
    expect(() => indexedSource('squares', (i) => i).seek(cursor)).toThrow(/squares: not a cursor/);
  });

  it('map items, end where the mapped source ends, and share its cursor', () => {
    const items = ['a', 'b'];
    let at = 0;
    const finite = {
      next: () => items[at++] ?? null,
      cursor: () => at,
      seek: (cursor: unknown) => {
        at = cursor as number;
      },
    };
    const upper = mapSource(finite, (item) => item.toUpperCase());
    expect([upper.next(), upper.next(), upper.next()]).toEqual(['A', 'B', null]);
    upper.seek(1);
    expect(upper.next()).toBe('B');
  });

  it('give prompts by the count asked for', () => {
    const prompts = indexedPrompts('p', (i) => ({ id: `p/${i}`, task: 'p', text: '', answer: null }));
    expect(prompts.next(2).map(({ id }) => id)).toEqual(['p/0', 'p/1']);
    expect(prompts.next(0)).toEqual([]);
    expect(prompts.next(1).map(({ id }) => id)).toEqual(['p/2']);
  });
});

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
