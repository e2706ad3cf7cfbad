import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PYTHON_SKIPPED } from '../support/python-sandbox.ts';

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

/** Command lines of processes that build a sandbox with this size of files, in mebibytes, or run in one. */
function sandboxesWith(filesMb: number): string[] {
  const sizes = [`--size\0${filesMb * 2 ** 20}\0`, `size=${filesMb}m,`, `size=${filesMb * 1024}k,`];
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/u.test(pid)) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
      return sizes.some((size) => command.includes(size) || mounts.includes(size)) ? [command] : [];
    } catch {
      return []; // It ended meanwhile.
    }
  });
}

describe.skipIf(PYTHON_SKIPPED !== '')(`a program that is killed${PYTHON_SKIPPED}`, () => {
  it('leaves no sandbox behind, however far that has come', async () => {
    const { file } = entries[0]!;
    // Tells the sandboxes of this test from those of others that run at the same time.
    const filesMb = 20 + (process.pid % 200);
    const killedAfter = async (ms: number) => {
      const script = `
        const { pythonSandbox, runTests } = await import(${JSON.stringify(pathToFileURL(file).href)});
        await pythonSandbox();
        const tests = { language: 'python', tests: [{ stdin: '', stdout: '' }] };
        const limits = { timeMs: 600_000, filesMb: ${filesMb} };
        void runTests('import time; time.sleep(600)', tests, { limits });
        await new Promise(setImmediate);
        for (const end = performance.now() + ${ms}; performance.now() < end; );
        process.kill(process.pid, 'SIGKILL');`;
      const command = ['--import', 'tsx', '--input-type=module', '-e', script];
      const ended = await promisify(execFile)(process.execPath, command, { cwd: root }).catch(
        (error) => error,
      );
      expect(ended.signal).toBe('SIGKILL');
    };
    for (const ms of [0, 0.5, 1, 2, 4, 8]) await killedAfter(ms);
    for (let tries = 0; tries < 100 && sandboxesWith(filesMb).length > 0; tries++) await setTimeout(50);
    expect(sandboxesWith(filesMb)).toEqual([]);
  }, 60_000);
});
