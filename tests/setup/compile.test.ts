/** Where set-up compiles, and where it takes dist/ as it is. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';

const repository = path.resolve(import.meta.dirname, '../..');
const root = mkdtempSync(path.join(tmpdir(), 'aha-compile-'));
afterAll(() => rmSync(root, { recursive: true }));

const run = `const { compileSources, distIsCurrent } = await import('./setup/compile.mjs');
await compileSources();
console.log(distIsCurrent());`;

it('leaves dist/ alone where there are sources and nothing to compile them with, as in a bundle with benchmarks', () => {
  cpSync(path.join(repository, 'setup'), path.join(root, 'setup'), { recursive: true });
  for (const folder of ['src', 'dist']) mkdirSync(path.join(root, folder));
  writeFileSync(path.join(root, 'src/index.ts'), 'export const a: number = 1;\n');
  writeFileSync(path.join(root, 'dist/index.js'), 'export const a = 1;\n');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', run], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true\n', stderr: '' });
  expect(existsSync(path.join(root, 'build'))).toBe(false);
});
