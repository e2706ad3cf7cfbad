import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from './lock.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'lock-')), 'lock');
});

const endedPid = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('takeLock', () => {
  it('refuses a second holder and names the first, until the lock is given back', () => {
    const release = takeLock(path);
    expect(() => takeLock(path)).toThrow(`process ${process.pid} on ${hostname()}`);
    release();
    expect(existsSync(path)).toBe(false);
    takeLock(path)();
  });

  it('takes over the lock of a process that has ended', () => {
    writeFileSync(path, JSON.stringify({ pid: endedPid(), host: hostname(), started: '1' }));
    const release = takeLock(path);
    expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(process.pid);
    release();
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  it('takes over the lock of a process whose id another one has now', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), started: '1' }));
    takeLock(path)();
  });

  it.each<[string, () => void, RegExp]>([
    ['a directory', () => mkdirSync(path), /EISDIR/],
    ['a link to nothing', () => symlinkSync('nowhere', path), /a symbolic link to nothing/],
    ['a link to itself', () => symlinkSync(path, path), /symbolic link/],
  ])('names %s in its place instead of waiting for it', (_, put, reason) => {
    put();
    expect(() => takeLock(path)).toThrow(reason);
    expect(() => takeLock(path)).toThrow(`delete ${path}`);
  });

  it('takes over a lock with no readable content', () => {
    writeFileSync(path, '');
    takeLock(path)();
  });

  it('leaves the lock of another machine alone', () => {
    writeFileSync(path, JSON.stringify({ pid: endedPid(), host: 'elsewhere', started: '1' }));
    expect(() => takeLock(path)).toThrow('on elsewhere');
    expect(existsSync(path)).toBe(true);
  });

  it('does not give back a lock that became another’s', () => {
    const release = takeLock(path);
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'elsewhere', started: null }));
    release();
    expect(existsSync(path)).toBe(true);
  });
});
