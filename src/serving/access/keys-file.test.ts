import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { hashKey } from './key.ts';
import { changeKeysFile, readKeysFile, type StoredKey, toEntry } from './keys-file.ts';
import { NO_LIMITS } from './limiter.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keys-'));
  path = join(dir, 'keys.json');
});

function stored(name: string, more: Partial<StoredKey> = {}): StoredKey {
  return {
    name,
    sha256: hashKey(name).toString('hex'),
    created: '2025-01-20T00:00:00.000Z',
    expires: null,
    limits: NO_LIMITS,
    ...more,
  };
}

/** Writes a file as an editor would. */
function write(value: unknown): void {
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 });
}

describe('changeKeysFile', () => {
  it('makes the file for its owner alone, whatever the umask, and leaves nothing beside it', async () => {
    const umask = process.umask(0);
    try {
      await changeKeysFile(path, () => [stored('a')], { create: true });
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['keys.json']);
    expect(readKeysFile(path).keys).toEqual([stored('a')]);
  });

  it('takes back rights that others had to read', async () => {
    write({ version: 1, keys: [stored('a')] });
    chmodSync(path, 0o644);
    await changeKeysFile(path, (keys) => [...keys, stored('b')]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readKeysFile(path).keys.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('leaves the file as it was when the change fails, and can be called again', async () => {
    write({ version: 1, keys: [stored('a')] });
    const before = readFileSync(path, 'utf8');
    const failing = changeKeysFile(path, () => {
      throw new UsageError('no', 'no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(readFileSync(path, 'utf8')).toBe(before);
    await changeKeysFile(path, () => []);
    expect(readKeysFile(path).keys).toEqual([]);
  });

  it('makes no file unless asked to', async () => {
    await expect(changeKeysFile(path, () => [])).rejects.toThrow('no such keys file');
    expect(existsSync(path)).toBe(false);
  });
});

describe('readKeysFile', () => {
  it.each([
    ['', 'not JSON'],
    ['{"version":1,"keys":[{"name":"a","sha256":"ab', 'not JSON'],
    [[], 'at the whole'],
    [{ version: 2, keys: [] }, 'at version'],
    [{ version: 1, keys: [stored('a'), stored('a')] }, 'two keys have the same name'],
    [{ version: 1, keys: [{ ...stored('a'), sha256: 'abc' }] }, 'at keys.0.sha256'],
    [{ version: 1, keys: [{ ...stored('a'), key: 'sk-aha-x' }] }, 'at keys.0'],
    [{ version: 1, keys: [stored('a b')] }, 'at keys.0.name'],
    [{ version: 1, keys: [stored('anonymous')] }, 'taken by the server'],
    [{ version: 1, keys: [stored('a', { expires: 'soon' })] }, 'at keys.0.expires'],
    [{ version: 1, keys: [stored('a', { limits: { ...NO_LIMITS, concurrent: 0 } })] }, 'concurrent'],
  ])('refuses %j, naming file and place', (value, message) => {
    write(value);
    expect(() => readKeysFile(path)).toThrow(UsageError);
    expect(() => readKeysFile(path)).toThrow(`${path}: `);
    expect(() => readKeysFile(path)).toThrow(message);
  });

  it('does not quote a damaged file', () => {
    write('sk-aha-secret is not JSON');
    expect(() => readKeysFile(path)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
  });

  it('refuses a file that others can write to, and takes one that they can read', () => {
    write({ version: 1, keys: [] });
    chmodSync(path, 0o622);
    expect(() => readKeysFile(path)).toThrow('chmod 600');
    chmodSync(path, 0o644);
    expect(readKeysFile(path).keys).toEqual([]);
  });

  it('takes limits and expiry that are left out as none', () => {
    const { name, sha256, created } = stored('a');
    write({ version: 1, keys: [{ name, sha256, created }] });
    expect(readKeysFile(path).keys).toEqual([stored('a')]);
  });

  it('gives each version another stamp', () => {
    write({ version: 1, keys: [] });
    const { stamp } = readKeysFile(path);
    expect(readKeysFile(path).stamp).toBe(stamp);
    write({ version: 1, keys: [stored('a')] });
    expect(readKeysFile(path).stamp).not.toBe(stamp);
  });
});

describe('toEntry', () => {
  it('holds the hash as bytes and the time as a number', () => {
    const entry = toEntry(stored('a', { expires: '1970-01-01T00:00:01Z' }));
    expect(entry.hash).toEqual(hashKey('a'));
    expect(entry.expires).toBe(1000);
  });
});
