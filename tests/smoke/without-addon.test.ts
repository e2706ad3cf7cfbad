/** What must work where the addon was not built: help, doctor, and the commands that need no tensors. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(path.join(tmpdir(), 'aha-bare-'));
beforeAll(() => {
  for (const part of ['bin', 'dist', 'setup', 'native', 'package.json', 'package-lock.json']) {
    cpSync(part, path.join(root, part), { recursive: true });
  }
  symlinkSync(path.resolve('node_modules'), path.join(root, 'node_modules'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const aha = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(root, 'bin/aha'), ...args], { encoding: 'utf8' });

describe('without the addon', () => {
  it.each([
    [['--help'], 'Usage: aha'],
    [['run', '--help'], 'Usage: aha run'],
    [['doctor'], 'addon'],
    [['verify', '\\frac{1}{2}', 'so it is 0.5'], 'true'],
  ])('aha %j answers', (args, expected) => {
    const { stdout, stderr } = aha(...args);
    expect(stderr).not.toMatch(/^ {4}at /mu);
    expect(stdout).toContain(expected);
  });

  it('what needs it names the command that builds it', () => {
    const { status, stderr } = aha('run', 'recipes/r1-zero-tiny.ts');
    expect(status).toBe(2);
    expect(stderr).toMatch(/Run: \S*bin\/aha setup/);
  });
});
