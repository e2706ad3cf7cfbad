/**
 * @file Running one case of a JavaScript program: QuickJS (wasm) in a worker thread, a fresh runtime each time.
 */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { startTimeLimit } from '../../run/time-limit.ts';
import { workerEntry } from '../../run/worker-entry.ts';
import { lowered } from './javascript-script.ts';
import type { Limits } from './limits.ts';
import { type Failure, failure, type Outcome } from './outcome.ts';
import { Slots } from './slots.ts';
import type { TestCase } from './tests.ts';

/** QuickJS stops a program by itself; a thread that has not answered this much later is ended. */
const GRACE_MS = 1000;
/** Recursion of the program runs on the thread's stack. */
const STACK_MB = 64;
const WORKERS = availableParallelism();

const slots = new Slots(WORKERS);
let pool: Piscina | undefined;

function workers(): Piscina {
  const { filename, execArgv } = workerEntry('javascript-worker', import.meta.url);
  pool ??= new Piscina({
    filename,
    execArgv,
    minThreads: 0,
    maxThreads: WORKERS,
    idleTimeout: 10_000,
    env: {},
    resourceLimits: { stackSizeMb: STACK_MB },
  });
  return pool;
}

/**
 * Runs one case of a JavaScript program in a fresh runtime. Never rejects for what the program does.
 *
 * At most as many run at one time as the machine has CPUs; time waited for a slot does not count. The threads do not
 * keep the process alive.
 */
export async function runJavascript(code: string, test: TestCase, limits: Limits): Promise<Outcome> {
  return slots.run(async () => {
    const job = await sent(test);
    if ('verdict' in job) return job;
    const late = new AbortController();
    const endLimit = startTimeLimit(limits.timeMs + GRACE_MS, () => late.abort());
    try {
      return (await workers().run({ code, test: job, limits }, { signal: late.signal })) as Outcome;
    } catch (error) {
      if (late.signal.aborted) return failure('timeout', `more than ${limits.timeMs} ms`);
      return failure('error', `the sandbox broke: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      endLimit();
    }
  });
}

/** What of a test enters the sandbox: expected values stay on this side. A failure where test code cannot be parsed. */
async function sent(test: TestCase): Promise<TestCase | Failure> {
  if (test.kind === 'stdio') return { ...test, stdout: '' };
  if (test.kind === 'function') return { ...test, result: null };
  const code = await lowered(test.code);
  return code === null ? failure('error', 'SyntaxError: the test code cannot be parsed') : { ...test, code };
}
