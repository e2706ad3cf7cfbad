import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { hashKey } from '../../serving/access/index.ts';
import { createLog } from '../../serving/observe/index.ts';
import { openAccess } from './serve-access.ts';

const KEY = 'k'.repeat(20);
let log: string[];
let file: string;
beforeEach(() => {
  log = [];
  file = join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys.json');
});

function open(options: Partial<Parameters<typeof openAccess>[0]>, env: NodeJS.ProcessEnv = {}) {
  const logger = createLog({ write: (text) => void log.push(text) }, 'info');
  return openAccess({ host: '127.0.0.1', ...options }, env, logger);
}

function writeKeys(...keys: string[]): void {
  const created = '2025-01-20T00:00:00Z';
  const stored = keys.map((key) => ({ name: key, sha256: hashKey(key).toString('hex'), created }));
  writeFileSync(file, JSON.stringify({ version: 1, keys: stored }), { mode: 0o600 });
}

describe('openAccess', () => {
  it('needs no key on this machine, under its own names', () => {
    const { access, localNamesOnly } = open({});
    expect([access.required, localNamesOnly]).toEqual([false, true]);
  });

  it('needs keys where others can reach it', () => {
    expect(() => open({ host: '0.0.0.0' })).toThrow(UsageError);
    expect(() => open({ host: 'example.org' })).toThrow('--allow-anonymous');
    const { access, localNamesOnly } = open({ host: '0.0.0.0', allowAnonymous: true });
    expect([access.required, localNamesOnly]).toEqual([false, false]);
  });

  it('takes the keys of the file and of the environment', () => {
    writeKeys('in-the-file');
    const { access, localNamesOnly } = open({ host: '0.0.0.0', keys: file }, { AHA_API_KEY: KEY });
    expect([access.required, localNamesOnly]).toEqual([true, false]);
    expect(access.admit('Bearer in-the-file').key).toBe('in-the-file');
    expect(access.admit(`Bearer ${KEY}`).key).toBe('environment');
    expect(() => access.admit(undefined)).toThrow('API key');
    const only = open({}, { AHA_API_KEY: KEY }).access;
    expect(only.admit(`Bearer ${KEY}`).key).toBe('environment');
    expect(() => only.admit('Bearer in-the-file')).toThrow('not valid');
  });

  it('lets nobody in by an empty file, and warns', () => {
    writeKeys();
    const { access } = open({ keys: file });
    expect(access.required).toBe(true);
    expect(log.join('')).toContain('holds no key');
  });

  it.each([
    [{ keys: '/nowhere/keys.json' }, {}, 'no such keys file'],
    [{ allowAnonymous: true }, { AHA_API_KEY: KEY }, 'AHA_API_KEY and --allow-anonymous'],
    [{}, { AHA_API_KEY: 'short' }, 'at least 16'],
  ])('%j with %j is wrong usage', (options, env, message) => {
    expect(() => open(options, env)).toThrow(UsageError);
    expect(() => open(options, env)).toThrow(message);
  });

  it('refuses a file together with --allow-anonymous', () => {
    writeKeys('a');
    expect(() => open({ keys: file, allowAnonymous: true })).toThrow('--keys and --allow-anonymous');
  });
});
