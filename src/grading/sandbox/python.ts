/**
 * @file Running one case of a Python program: CPython under bubblewrap, a fresh sandbox each time.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import { type PythonSandbox, pythonSandbox, sandboxCommand } from './bubblewrap.ts';
import { Confined, type ConfinedEnd } from './confined.ts';
import type { Limits } from './limits.ts';
import { exceptionFailure, type Failure, failure, type Outcome } from './outcome.ts';
import { PROGRAM_RUNNER } from './python-programs.ts';
import { TEST_PARTS, TEST_RUNNER } from './python-tester.ts';
import { seccompFilter } from './seccomp.ts';
import { Slots } from './slots.ts';
import type { TestCase } from './tests.ts';

/** Threads a program may start beside its processes. */
const THREADS = 16;
const OPEN_FILES = 64;
const SIGXCPU_STATUS = 128 + 24;

const slots = new Slots(availableParallelism());

const exceptionSchema = z.object({
  type: z.string(),
  message: z.string(),
  line: z.number().nullable(),
});

/** The failure an exception line of the channel reports; the program may have written anything there. */
function reported(line: string): Failure {
  try {
    const { type, message, line: at } = exceptionSchema.parse(JSON.parse(line));
    return exceptionFailure(type, message, at ?? undefined);
  } catch {
    return failure('error', 'the program wrote to the channel of the sandbox');
  }
}

/** The failure an end stands for, or null where the process ended by itself with status 0. */
function failedEnd({ stopped, status, stderr }: ConfinedEnd, limits: Limits): Failure | null {
  if (stopped === 'timeout' || status === SIGXCPU_STATUS)
    return failure('timeout', `more than ${limits.timeMs} ms`);
  if (stopped === 'output') return failure('output', `more than ${limits.outputKb} KB of output`);
  if (status === 0) return null;
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (last.startsWith('MemoryError')) return failure('memory', last);
  return failure('error', `exit status ${status}${last === '' ? '' : `: ${last}`}`);
}

/** Limits the runner sets on itself before the program's first line; they cannot be raised again. */
function resourceLimits(limits: Limits): { readonly [name: string]: number } {
  return {
    RLIMIT_AS: limits.memoryMb * 2 ** 20,
    RLIMIT_FSIZE: limits.filesMb * 2 ** 20,
    // Wall-clock time ends a run first, unless it computes on several cores.
    RLIMIT_CPU: Math.ceil(limits.timeMs / 1000) + 1,
    // One more is bubblewrap's own.
    RLIMIT_NPROC: limits.processes + 1 + THREADS,
    RLIMIT_NOFILE: OPEN_FILES,
    RLIMIT_CORE: 0,
  };
}

interface Start {
  readonly script: string;
  readonly job: Json;
  readonly stdin?: string;
  readonly onLine: (line: string) => void;
}

/**
 * Starts a sandbox. Its job is sent when the runner has said hello: by then bubblewrap has bound itself to this process,
 * and a sandbox whose host ended before has nothing to run and ends too.
 */
function start(sandbox: PythonSandbox, limits: Limits, { script, job, stdin, onLine }: Start): Confined {
  let greeted = false;
  const child = new Confined({
    command: sandboxCommand(sandbox, script, limits.filesMb),
    uid: sandbox.uid,
    seccomp: seccompFilter(limits.processes),
    stdin: stdin ?? '',
    timeMs: limits.timeMs,
    outputBytes: limits.outputKb * 1024,
    onLine: (line) => {
      if (greeted) return onLine(line);
      greeted = true;
      child.send(JSON.stringify(job));
    },
  });
  return child;
}

/** Runs the program as a script, or for one call. */
async function runAlone(
  sandbox: PythonSandbox,
  code: string,
  test: Exclude<TestCase, { kind: 'assert' }>,
  limits: Limits,
): Promise<Outcome> {
  let returned: string | null = null;
  let raised: Failure | null = null;
  const common = { code, limits: resourceLimits(limits) };
  const child = start(sandbox, limits, {
    script: PROGRAM_RUNNER,
    stdin: test.kind === 'stdio' ? test.stdin : '',
    job:
      test.kind === 'stdio'
        ? { kind: 'script', ...common }
        : { kind: 'call', ...common, function: test.function, args: test.args },
    onLine: (line) => {
      if (line.startsWith('V')) returned ??= line.slice(1);
      else raised ??= reported(line.slice(1));
    },
  });
  const end = await child.ended;
  const failed = failedEnd(end, limits);
  if (failed !== null && failed.verdict !== 'error') return failed;
  if (raised !== null) return raised;
  if (failed !== null) return failed;
  if (test.kind === 'stdio') return { kind: 'printed', stdout: end.stdout };
  if (returned === null) return failure('error', 'the process ended before the function returned');
  return { kind: 'returned', json: returned };
}

/** What the process of test code says at its end: passed, untested or failed. */
function told(line: string): Outcome {
  if (line.startsWith('P')) return { kind: 'asserted' };
  return line.startsWith('U') ? failure('error', line.slice(1).replaceAll('"', '')) : reported(line.slice(1));
}

/** Runs test code in one sandbox and the program it calls in another, and carries the calls between them. */
async function runTestCode(
  sandbox: PythonSandbox,
  code: string,
  testCode: string,
  limits: Limits,
): Promise<Outcome> {
  let verdict: Outcome | null = null;
  let tester: Confined | null = null;
  let asked = false;
  const common = { limits: resourceLimits(limits) };
  const settle = (outcome: Outcome) => {
    verdict ??= outcome;
    program.stop();
    tester?.stop();
  };
  const fromTester = (line: string) => {
    if (line.startsWith('C')) {
      asked = true;
      program.send(line.slice(1));
    } else settle(told(line));
  };
  const fromProgram = (line: string) => {
    if (line.startsWith('E')) settle(reported(line.slice(1)));
    else if (line.startsWith('R') && asked) {
      asked = false;
      tester?.send(line.slice(1));
    } else if (line.startsWith('N') && tester === null) {
      const job = { code: testCode, names: names(line.slice(1)), parts: TEST_PARTS, ...common };
      tester = start(sandbox, limits, { script: TEST_RUNNER, job, onLine: fromTester });
    } else settle(reported(''));
  };
  const program = start(sandbox, limits, {
    script: PROGRAM_RUNNER,
    job: { kind: 'serve', code, ...common },
    onLine: fromProgram,
  });
  const end = await program.ended;
  // Without its program, test code waits for an answer that will not come.
  (tester as Confined | null)?.stop();
  const testEnd = await (tester as Confined | null)?.ended;
  if (verdict !== null) return verdict;
  const failed = failedEnd(end, limits) ?? (testEnd === undefined ? null : failedEnd(testEnd, limits));
  return failed ?? failure('error', 'the process ended before the tests did');
}

/**
 * The names a program says it defines, with the bases of those that are exceptions. Names of Python itself, such as
 * __name__, it must not set in test code.
 */
function names(line: string): { readonly [name: string]: readonly string[] | null } {
  try {
    const given = z.record(z.string(), z.array(z.string()).nullable()).parse(JSON.parse(line));
    return Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith('__')));
  } catch {
    return {};
  }
}

/**
 * Runs one case of a Python program in a fresh sandbox. Never rejects for what the program does.
 *
 * At most as many run at one time as the machine has CPUs; time waited for a slot does not count. Throws UserError
 * where this machine has no sandbox, or cannot keep `processes` above 1.
 */
export async function runPython(code: string, test: TestCase, limits: Limits): Promise<Outcome> {
  const sandbox = await pythonSandbox();
  if (limits.processes > 1 && !sandbox.limitsProcesses)
    throw new UserError(
      `processes: ${limits.processes}: on this machine only root can build sandboxes, and for root the number of processes has no limit`,
      'Set processes to 1, or allow user namespaces to other users.',
    );
  return slots.run(() =>
    test.kind === 'assert'
      ? runTestCode(sandbox, code, test.code, limits)
      : runAlone(sandbox, code, test, limits),
  );
}
