import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entries = [
  { where: 'the sources', file: `${root}src/grading/sandbox/index.ts`, loader: ['--import', 'tsx'] },
  { where: 'dist/', file: `${root}dist/grading/sandbox/index.js`, loader: [] },
];

describe('a program that runs sandboxes', () => {
  it.each(entries)('finds the worker of $where, and ends by itself', async ({ file, loader }) => {
    expect(existsSync(file), `${file} is missing: npm run setup`).toBe(true);
    const script = `
      const { runTests } = await import(${JSON.stringify(pathToFileURL(file).href)});
      const tests = { language: 'javascript', tests: [{ stdin: '21', stdout: '42' }] };
      const { passed } = await runTests('print(2 * readline())', tests, { limits: { timeMs: 30_000 } });
      console.log(passed);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...loader, '--input-type=module', '-e', script],
      { cwd: root, timeout: 55_000 },
    );
    expect(stdout).toBe('1\n');
  });
});
