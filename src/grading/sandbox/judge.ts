/**
 * @file Running a program against the tests of a problem, and the score that comes of it.
 *
 * The sandbox gives back what the program printed or returned; it is compared here, on the host's side.
 */
import type { Json } from '../../records.ts';
import { ComparisonTimeout, outputDifference, sameJson } from './compare.ts';
import { runJavascript } from './javascript.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { Outcome, Verdict } from './outcome.ts';
import { runPython } from './python.ts';
import { type CodeTests, type TestCase, testCases } from './tests.ts';

/** One case, judged. */
export interface CaseResult {
  readonly verdict: Verdict;
  /** What happened, in one short line; '' where it passed. Expected values are not in it, but for test code's own. */
  readonly message: string;
  /** Wall-clock time the case took, its sandbox and the wait for a free one included, ms. */
  readonly elapsedMs: number;
}

/** A program, judged. */
export interface CodeReport {
  /** One per case, in their order. */
  readonly results: readonly CaseResult[];
  readonly passed: number;
  readonly total: number;
}

export interface RunOptions {
  /** Limits other than the defaults. A problem's own time and memory limits go before both. */
  readonly limits?: Partial<Limits>;
  /** Skip what follows the first case that does not pass. */
  readonly stopEarly?: boolean;
}

const PASSED = { verdict: 'passed', message: '' } as const;

function judgeReturned(json: string, expected: Json, tolerance: number | undefined) {
  let value: Json;
  try {
    value = JSON.parse(json) as Json;
  } catch {
    return { verdict: 'error', message: 'the returned value is no JSON value' } as const;
  }
  if (sameJson(value, expected, tolerance)) return PASSED;
  const shown = json.length > 80 ? `${json.slice(0, 79)}…` : json;
  return { verdict: 'wrong', message: `returned ${shown}` } as const;
}

/** The verdict on an outcome. A comparison has a time limit of its own: it runs on the host. */
function judge(
  outcome: Outcome,
  test: TestCase,
  tolerance: number | undefined,
): Omit<CaseResult, 'elapsedMs'> {
  try {
    return compared(outcome, test, tolerance);
  } catch (error) {
    if (error instanceof ComparisonTimeout) return { verdict: 'timeout', message: error.message };
    throw error;
  }
}

function compared(
  outcome: Outcome,
  test: TestCase,
  tolerance: number | undefined,
): Omit<CaseResult, 'elapsedMs'> {
  if (outcome.kind === 'failed') return { verdict: outcome.verdict, message: outcome.message };
  if (outcome.kind === 'returned' && test.kind === 'function')
    return judgeReturned(outcome.json, test.result, tolerance);
  if (outcome.kind === 'printed' && test.kind === 'stdio') {
    const difference = outputDifference(outcome.stdout, test.stdout, tolerance);
    return difference === null ? PASSED : { verdict: 'wrong', message: difference };
  }
  return PASSED;
}

/** The limits of one case: the problem's own first, and room for twice the output it expects. */
function caseLimits(tests: CodeTests, test: TestCase, given: Partial<Limits>): Limits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  const expected =
    test.kind === 'stdio' ? test.stdout : test.kind === 'function' ? JSON.stringify(test.result) : '';
  const expectedKb = Math.ceil((2 * Buffer.byteLength(expected)) / 1024);
  return {
    ...limits,
    timeMs: tests.timeLimitMs ?? limits.timeMs,
    memoryMb: tests.memoryLimitMb ?? limits.memoryMb,
    outputKb: Math.max(limits.outputKb, expectedKb),
  };
}

/** Whether the outcome of one case is that of every case: nothing of the program was run. */
function neverRan({ verdict, message }: CaseResult): boolean {
  return verdict === 'error' && /^(?:line \d+: )?(?:Syntax|Indentation|Tab)Error\b/u.test(message);
}

/**
 * Runs `code` against `tests`, one case after the other, each in a fresh sandbox. A program that cannot be parsed is
 * run once, and the first verdict stands for all cases. Throws UserError where this machine cannot run the language.
 */
export async function runTests(
  code: string,
  tests: CodeTests,
  options: RunOptions = {},
): Promise<CodeReport> {
  const program = tests.prelude === undefined ? code : `${tests.prelude}\n${code}`;
  const run = tests.language === 'python' ? runPython : runJavascript;
  const cases = testCases(tests);
  const results: CaseResult[] = [];
  for (const test of cases) {
    const last = results.at(-1);
    if (last !== undefined && last.verdict !== 'passed' && options.stopEarly === true) {
      results.push({ verdict: 'skipped', message: 'an earlier case did not pass', elapsedMs: 0 });
      continue;
    }
    if (last !== undefined && neverRan(last)) {
      results.push({ ...last, elapsedMs: 0 });
      continue;
    }
    const start = performance.now();
    const outcome = await run(program, test, caseLimits(tests, test, options.limits ?? {}));
    results.push({ ...judge(outcome, test, tests.tolerance), elapsedMs: performance.now() - start });
  }
  const passed = results.filter(({ verdict }) => verdict === 'passed').length;
  return { results, passed, total: cases.length };
}
