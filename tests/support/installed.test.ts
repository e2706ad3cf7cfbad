import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { NODE_22, npmPackages, otherNode } from './installed.ts';
import { LONG } from './long.ts';

it('says why packages are not there', async () => {
  const { missing, note } = await npmPackages({ 'fast-check': '0.0.0-none' });
  expect(missing).toBe(true);
  expect(note).toMatch(LONG ? /fast-check could not be installed: .+/ : 'npm run test:long runs it');
});

it.skipIf(!LONG)('installs a package once and finds it again', async () => {
  const first = await otherNode(NODE_22);
  if (first.missing) return expect(first.note).toContain('could not be installed');
  expect(execFileSync(first.node, ['--version'], { encoding: 'utf8' })).toBe(`v${NODE_22}\n`);
  expect(await otherNode(NODE_22)).toEqual(first);
});
