/** What a script does to its run is in custom.test.ts; here is what the end of the run does to a script. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it, vi } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'aha-script-calls-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** A zombie that nobody waits for has ended too. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('a script in an endless loop ends with its run, killed as it may be, and with all that it started', async () => {
  const pids = join(dir, 'pids');
  const script = `import { spawn } from 'node:child_process';
    import { renameSync, writeFileSync } from 'node:fs';
    export default () => {
      const child = spawn('sleep', ['600']);
      writeFileSync('${pids}.part', JSON.stringify([process.pid, child.pid]));
      renameSync('${pids}.part', '${pids}');
      for (;;);
    };`;
  const calls = new URL('./script-calls.ts', import.meta.url).href;
  const run = `const { ScriptCalls } = await import(${JSON.stringify(calls)});
    const code = Buffer.from(${JSON.stringify(script)});
    const calls = new ScriptCalls(code, { limitMs: 600_000, width: 1, onIdleEnd: () => {} });
    await calls.score([{ text: 'x', response: {} }], () => {});`;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const parent = spawn(process.execPath, ['--import', tsx, '--input-type=module', '--eval', run], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await vi.waitFor(() => expect(existsSync(pids)).toBe(true), { timeout: 60_000 });
  const started = JSON.parse(readFileSync(pids, 'utf8')) as number[];
  expect(started.map(isRunning)).toEqual([true, true]);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(started.map(isRunning)).toEqual([false, false]), { timeout: 60_000 });
});
