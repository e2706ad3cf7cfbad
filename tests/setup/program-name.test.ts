/** How a person would call this program, from where it lies and where they are. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { programName } from '../../setup/status.mjs';

it.each([
  ['/p/aha', '/p/aha', './bin/aha'],
  ['/p/aha', '/p/aha/docs', '../bin/aha'],
  ['/p/aha', '/p', './aha/bin/aha'],
  ['/p/node_modules/@aha-r1/aha', '/p', 'npx --no-install aha'],
  ['/p/node_modules/@aha-r1/aha', '/p/task/a', 'npx --no-install aha'],
  ['/p/node_modules/.pnpm/a@1/node_modules/@aha-r1/aha', '/p', 'npx --no-install aha'],
  ['/p/node_modules/@aha-r1/aha', '/p-other', 'aha'],
  ['/usr/lib/node_modules/@aha-r1/aha', '/home/me', 'aha'],
])('of the package in %s, called in %s, is %s', (root, cwd, expected) => {
  expect(programName({ root, cwd })).toBe(expected);
});

it('is that of a bundle with its own Node', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'aha-bundle-name-'));
  mkdirSync(path.join(root, 'bin'));
  writeFileSync(path.join(root, 'node'), '');
  expect(programName({ root })).toBe(`${root}/node ${root}/bin/aha`);
});
