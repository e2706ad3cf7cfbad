import { describe, expect, it } from 'vitest';
import { findKey, hashKey, type KeyEntry, newKey } from './key.ts';
import { NO_LIMITS } from './limiter.ts';

/** An entry that counts how often its hash is read. */
function counting(name: string, key: string): KeyEntry & { readonly reads: number } {
  const hash = hashKey(key);
  let reads = 0;
  return {
    name,
    expires: null,
    limits: NO_LIMITS,
    get hash() {
      reads++;
      return hash;
    },
    get reads() {
      return reads;
    },
  };
}

describe('newKey', () => {
  it('is 256 random bits behind a prefix', () => {
    const keys = Array.from({ length: 100 }, newKey);
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) {
      expect(key).toMatch(/^sk-aha-[\w-]{43}$/);
      expect(Buffer.from(key.slice(7), 'base64url')).toHaveLength(32);
    }
  });
});

describe('hashKey', () => {
  it('is SHA-256', () => {
    // FIPS 180-2, appendix B.1.
    expect(hashKey('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('findKey', () => {
  it.each([
    ['the first', 'a', 'one'],
    ['the last', 'c', 'three'],
    ['none', 'd', undefined],
  ])('compares with every entry, whether %s matches', (_which, key, name) => {
    const entries = [counting('one', 'a'), counting('two', 'b'), counting('three', 'c')];
    expect(findKey(entries, key)?.name).toBe(name);
    expect(entries.map(({ reads }) => reads)).toEqual([1, 1, 1]);
  });

  it('finds nothing among nothing, for an empty key and for a hash', () => {
    const entries = [counting('one', 'a')];
    expect(findKey([], 'a')).toBeNull();
    expect(findKey(entries, '')).toBeNull();
    expect(findKey(entries, hashKey('a').toString('hex'))).toBeNull();
  });
});
