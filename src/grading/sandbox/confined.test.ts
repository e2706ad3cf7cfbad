import { describe, expect, it } from 'vitest';
import { Confined } from './confined.ts';

/** A shell in place of the sandbox: what is tested is how a child is spoken to and ended. */
function shell(script: string, options: Partial<ConstructorParameters<typeof Confined>[0]> = {}): Confined {
  return new Confined({
    command: ['/bin/sh', '-c', script],
    uid: null,
    seccomp: new Uint8Array(),
    stdin: '',
    timeMs: 20_000,
    outputBytes: 10_000,
    ...options,
  });
}

describe('a child process', () => {
  it('gets input and gives output, errors and its status', async () => {
    const { stdout, stderr, status, stopped } = await shell('cat; echo oops >&2; exit 3', { stdin: 'in' })
      .ended;
    expect({ stdout, stderr, status, stopped }).toEqual({
      stdout: 'in',
      stderr: 'oops\n',
      status: 3,
      stopped: null,
    });
  });

  it('gets nothing of this environment', async () => {
    process.env.AHA_TEST_SECRET = 'secret';
    const { stdout } = await shell('echo "[$AHA_TEST_SECRET$HOME]"').ended;
    expect(stdout).toBe('[]\n');
  });

  it('exchanges lines over the channel, however they are cut', async () => {
    const lines: string[] = [];
    const child = shell(
      'read line <&3; printf "got %s\\nab" "$line" >&3; sleep 0.1; printf "c\\n\\nrest" >&3',
      {
        onLine: (line) => lines.push(line),
      },
    );
    child.send('hello');
    await child.ended;
    expect(lines).toEqual(['got hello', 'abc', '']);
  });

  it.each([
    ['time', 'sleep 60', { timeMs: 100 }, 'timeout'],
    ['time, with signals ignored', 'trap "" TERM INT HUP; while :; do :; done', { timeMs: 100 }, 'timeout'],
    ['output', 'while :; do echo xxxxxxxxxxxxxxxx; done', {}, 'output'],
    ['output and errors together', 'while :; do echo xxxxxxxx >&2; echo xxxxxxxx; done', {}, 'output'],
    ['lines', 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxx >&3; done', {}, 'output'],
  ])('is ended by its limit of %s', async (_what, script, options, why) => {
    const { stopped, status, stdout } = await shell(script, options).ended;
    expect({ stopped, status }).toEqual({ stopped: why, status: null });
    expect(stdout.length).toBeLessThanOrEqual(10_000);
  });

  it('is ended together with its own children', async () => {
    const start = performance.now();
    await shell('sleep 60 & sleep 60', { timeMs: 100 }).ended;
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('does not mind input nobody reads', async () => {
    const { status } = await shell('exit 0', { stdin: 'x'.repeat(1e6) }).ended;
    expect(status).toBe(0);
  });

  it('rejects where there is no such program', async () => {
    await expect(shell('', { command: ['/nowhere'] }).ended).rejects.toThrow('ENOENT');
  });
});
