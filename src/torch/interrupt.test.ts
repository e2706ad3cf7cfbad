/** Signals to real processes: a handler below JavaScript can be seen from outside alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script with torch and the guard in it; `onComputing` is called once it says so. */
async function run(body: string, onComputing: (child: ChildProcess) => unknown): Promise<Ended> {
  const script = `import { aten, ones } from ${here('./functional.ts')};
    import { endOnSecondInterrupt } from ${here('./interrupt.ts')};
    ${body}`;
  const command = ['--import', tsx, '--input-type=module', '--eval', script];
  const child = spawn(process.execPath, command, { env: { ...process.env, OMP_NUM_THREADS: '1' } });
  const said = { out: '', err: '' };
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
  child.stdout.on('data', (data: Buffer) => {
    const before = said.out;
    said.out += data.toString();
    if (!before.includes('computing') && said.out.includes('computing')) void onComputing(child);
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, ...said };
}

/** Fifty products of large matrices in one native call: minutes of one core. */
const LONG_CALL = `aten('linalg_matrix_power')(ones([3000, 3000]), 2 ** 50);`;

describe('two interrupts', { timeout: 300_000 }, () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: end a process within a native call, with its last words', async (signal, status) => {
    const ended = await run(
      `process.on('${signal}', () => console.log('heard'));
       endOnSecondInterrupt('last words\\n');
       console.log('computing');
       ${LONG_CALL}
       console.log('computed');`,
      async (child) => {
        // Two at once count as one; a third may be needed where this machine was too busy to tell them apart.
        while (child.exitCode === null) {
          child.kill(signal);
          await setTimeout(250);
        }
      },
    );
    expect(ended).toEqual({ status, out: 'computing\n', err: 'last words\n' });
  });

  it('the first reaches JavaScript; what comes in the same moment is no second', async () => {
    const ended = await run(
      `process.on('SIGINT', () => { console.log('heard'); process.exit(7); });
       endOnSecondInterrupt('last words');
       console.log('computing');
       for (let i = 0; i < 3; i++) process.kill(process.pid, 'SIGINT');
       setInterval(() => undefined, 1000);`,
      () => undefined,
    );
    expect(ended).toEqual({ status: 7, out: 'computing\nheard\n', err: '' });
  });

  it('count on after JavaScript gave up its listener, and are forgotten with the guard', async () => {
    const script = (release: string) =>
      `const listener = () => {
         process.off('SIGINT', listener);
         ${release}
         console.log('heard');
         setTimeout(() => process.kill(process.pid, 'SIGINT'), 250);
       };
       process.on('SIGINT', listener);
       const guard = endOnSecondInterrupt('last words');
       console.log('computing');
       process.kill(process.pid, 'SIGINT');
       setInterval(() => undefined, 1000);`;
    const guarded = await run(script('guard.again();'), () => undefined);
    expect(guarded).toEqual({ status: 130, out: 'computing\nheard\n', err: 'last words' });
    // The operating system's own way to end: no status, but the signal.
    const released = await run(script('guard[Symbol.dispose]();'), () => undefined);
    expect(released).toEqual({ status: null, out: 'computing\nheard\n', err: '' });
  });
});
