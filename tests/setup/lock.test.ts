import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'setup-lock-'));
  cpSync('setup', join(base, 'setup'), { recursive: true });
  mkdirSync(join(base, 'build'));
});

/** A process that appends `in` and `out` to a log around 50 ms of work under the lock. */
function contender(): Promise<number | null> {
  const module = pathToFileURL(join(base, 'setup/lock.mjs')).href;
  const log = JSON.stringify(join(base, 'log'));
  const script = `
    import { appendFileSync } from 'node:fs';
    import { withSetupLock } from '${module}';
    await withSetupLock(async () => {
      appendFileSync(${log}, 'in ');
      await new Promise((resolve) => setTimeout(resolve, 50));
      appendFileSync(${log}, 'out ');
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  return new Promise((resolve) => child.on('close', resolve));
}

describe('withSetupLock', () => {
  it('lets one set-up work at a time and leaves no lock', async () => {
    expect(await Promise.all([contender(), contender(), contender()])).toEqual([0, 0, 0]);
    expect(readFileSync(join(base, 'log'), 'utf8')).toBe('in out '.repeat(3));
    expect(existsSync(join(base, 'build/setup.lock'))).toBe(false);
  });

  it('takes over the lock of a process that has ended', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.on('close', resolve));
    writeFileSync(join(base, 'build/setup.lock'), String(child.pid));
    expect(await Promise.all([contender(), contender()])).toEqual([0, 0]);
    expect(readFileSync(join(base, 'log'), 'utf8')).toBe('in out '.repeat(2));
  });
});
