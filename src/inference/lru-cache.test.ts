import { describe, expect, it } from 'vitest';
import { RecentlyUsed } from './lru-cache.ts';

describe('RecentlyUsed', () => {
  it('gives up what was used longest ago', () => {
    const cache = new RecentlyUsed<number>(4, (size) => size);
    const made: string[] = [];
    const get = (key: string, size = 2): number =>
      cache.get(key, () => {
        made.push(key);
        return size;
      });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) get(key);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
    // Larger than everything kept together: it alone stays.
    get('large', 9);
    get('large', 9);
    expect(made).toEqual(['a', 'b', 'c', 'b', 'large']);
  });

  it('counts where it is told no sizes', () => {
    const cache = new RecentlyUsed<string>(2);
    const made: string[] = [];
    const get = (key: string): string =>
      cache.get(key, () => {
        made.push(key);
        return key;
      });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) get(key);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });
});
