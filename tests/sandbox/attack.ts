/**
 * @file Hostile programs and how each must end.
 *
 * A program that finds itself contained prints `contained`; where it is stopped, the verdict says by what. `${SECRET}`
 * is the expected value of the problem, `${CANARY}` a file of the host that holds it.
 */
import type { Limits } from '../../src/grading/sandbox/limits.ts';
import type { Verdict } from '../../src/grading/sandbox/outcome.ts';
import type { CodeTests } from '../../src/grading/sandbox/tests.ts';

/** The value no program may learn; programs that look for it put it together at run time. */
export const SECRET = 'S3CRET-4711';

export interface Attack {
  readonly name: string;
  readonly code: string;
  /** The verdict of every case, or one of several where the machine decides which limit comes first. */
  readonly verdict: Verdict | readonly Verdict[];
  /** Two cases unless said otherwise: printing `contained` for empty input. */
  readonly tests?: CodeTests['tests'];
  readonly limits?: Partial<Limits>;
}

/** One call of `f` that should return the secret. */
export const CALL: CodeTests['tests'] = { function: 'f', cases: [{ args: [1], result: SECRET }] };
/** Test code that wants f(1) to be the secret. */
export const ASSERT: CodeTests['tests'] = { code: [`assert f(1) == "${SECRET}"`] };
export const ASSERT_JS: CodeTests['tests'] = { code: [`assert.strictEqual(f(1), "${SECRET}")`] };
/** Two cases that each must find nothing of the other. */
export const TWICE: CodeTests['tests'] = [
  { stdin: 'one', stdout: 'contained' },
  { stdin: 'two', stdout: 'contained' },
];
/** Long enough to start, short enough for a suite: for programs that only time ends. */
export const SHORT = { timeMs: 600 };
export const SMALL = { memoryMb: 96 };
export const TINY = { memoryMb: 32 };
