/** What people are told to type: on npm the name `aha` is another package's, which npx would fetch. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const listed = ['*.md', 'src', 'setup', 'bin', 'recipes/*.ts', 'Dockerfile'];
const files = execFileSync('git', ['ls-files', '-z', ...listed], { cwd: root, encoding: 'utf8' });

it('no page, message or comment calls the command by npx without --no-install', () => {
  const all = files.split('\0').filter(Boolean);
  expect(all.length).toBeGreaterThan(500);
  const wrong = all.filter((file) =>
    /npx (?:-y |--yes )?aha\b/.test(readFileSync(path.join(root, file), 'utf8')),
  );
  expect(wrong).toEqual([]);
});
