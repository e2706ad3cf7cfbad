import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { hashKey } from './key.ts';
import { environmentKey, openKeysFile, withKey } from './key-source.ts';

let path: string;
let now: number;
let messages: [message: string, problem: boolean][];
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys.json');
  now = 0;
  messages = [];
});

function write(...names: string[]): void {
  const created = '2025-01-20T00:00:00Z';
  const keys = names.map((name) => ({ name, sha256: hashKey(name).toString('hex'), created }));
  writeFileSync(path, JSON.stringify({ version: 1, keys }), { mode: 0o600 });
}

function open() {
  const onReload = (message: string, problem: boolean) => void messages.push([message, problem]);
  const source = openKeysFile(path, { onReload, now: () => now });
  return () => {
    now += 1000;
    return source().map(({ name }) => name);
  };
}

describe('openKeysFile', () => {
  it('follows the file', () => {
    write('a', 'b');
    const names = open();
    expect(names()).toEqual(['a', 'b']);
    write('b');
    expect(names()).toEqual(['b']);
    expect(messages).toEqual([[`${path}: read again, 1 key`, false]]);
    write();
    expect(names()).toEqual([]);
  });

  it('looks at most twice a second and returns the same array until something changes', () => {
    write('a');
    const source = openKeysFile(path, { onReload: () => undefined, now: () => now });
    const before = source();
    write('b');
    now = 400;
    expect(source()).toBe(before);
    now = 600;
    expect(source().map(({ name }) => name)).toEqual(['b']);
    now = 2000;
    expect(source()).toBe(source());
  });

  it('keeps the keys it has while the file is damaged, says so once, and takes the mended file', () => {
    write('a');
    const names = open();
    writeFileSync(path, '{"version":1,');
    expect(names()).toEqual(['a']);
    expect(names()).toEqual(['a']);
    expect(messages).toHaveLength(1);
    expect(messages[0]![0]).toContain('not JSON');
    expect(messages[0]![1]).toBe(true);
    write('b');
    expect(names()).toEqual(['b']);
  });

  it('keeps the keys it has when the file goes away, and says so once', () => {
    write('a');
    const names = open();
    rmSync(path);
    expect([names(), names()]).toEqual([['a'], ['a']]);
    expect(messages).toHaveLength(1);
    write('a', 'b');
    expect(names()).toEqual(['a', 'b']);
  });

  it('is an error at the start', () => {
    expect(open).toThrow('no such keys file');
    writeFileSync(path, 'x');
    expect(open).toThrow(UsageError);
  });
});

describe('environmentKey', () => {
  it('is the key of AHA_API_KEY', () => {
    const key = 'k'.repeat(16);
    expect(environmentKey({ AHA_API_KEY: key })).toMatchObject({ name: 'environment', hash: hashKey(key) });
    expect(environmentKey({})).toBeNull();
    expect(environmentKey({ AHA_API_KEY: '' })).toBeNull();
  });

  it.each(['short', 'k'.repeat(15), 'a key with some spaces', `${'k'.repeat(16)}\n`, 'ключ'.repeat(8)])(
    'refuses %j without repeating it',
    (key) => {
      expect(() => environmentKey({ AHA_API_KEY: key })).toThrow(UsageError);
      expect(() => environmentKey({ AHA_API_KEY: key })).not.toThrow(key);
    },
  );
});

describe('withKey', () => {
  it('adds one key and stays the same array while the source does', () => {
    const extra = environmentKey({ AHA_API_KEY: 'k'.repeat(16) })!;
    let entries = [{ ...extra, name: 'a' }];
    const source = withKey(() => entries, extra);
    expect(source().map(({ name }) => name)).toEqual(['a', 'environment']);
    expect(source()).toBe(source());
    entries = [];
    expect(source()).toEqual([extra]);
  });
});
