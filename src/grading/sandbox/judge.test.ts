import { describe, expect, it } from 'vitest';
import { PYTHON_SKIPPED } from '../../../tests/support/python-sandbox.ts';
import { runTests } from './judge.ts';
import type { CodeTests, Language } from './tests.ts';

const limits = { timeMs: 20_000 };
const stdio = (...pairs: [string, string][]) => pairs.map(([stdin, stdout]) => ({ stdin, stdout }));
const calls = (name: string, ...cases: [CodeArgs, CodeArgs[number]][]) => ({
  function: name,
  cases: cases.map(([args, result]) => ({ args: [...args], result })),
});
type CodeArgs = Extract<CodeTests['tests'], { cases: unknown }>['cases'][number]['args'];

async function verdicts(
  language: Language,
  code: string,
  tests: CodeTests['tests'],
  more: Partial<CodeTests> = {},
) {
  const { results } = await runTests(code, { language, tests, ...more }, { limits });
  return results.map(({ verdict, message }) => (message === '' ? verdict : `${verdict}: ${message}`));
}

describe('JavaScript programs', () => {
  const run = (code: string, tests: CodeTests['tests'], more?: Partial<CodeTests>) =>
    verdicts('javascript', code, tests, more);

  it.each([
    ['readFileSync', "const fs = require('fs');\nconsole.log(2 * Number(fs.readFileSync(0, 'utf8')))"],
    ['an import', "import { readFileSync as read } from 'node:fs';\nconsole.log(2 * read('/dev/stdin'))"],
    ['readline()', 'print(2 * readline())'],
    [
      'readline events',
      "const rl = require('readline').createInterface({ input: process.stdin });\nrl.on('line', (l) => console.log(2 * l))",
    ],
    [
      'readline questions',
      "const readline = require('readline');\nreadline.createInterface({}).question('', (l) => console.log(2 * l))",
    ],
    [
      'lines awaited',
      "(async () => { for await (const l of require('readline').createInterface({})) console.log(2 * l) })()",
    ],
    [
      'stdin events',
      "let all = '';\nprocess.stdin.on('data', (d) => (all += d)).on('end', () => console.log(2 * all))",
    ],
    ['exit', 'process.stdout.write(2 * readline()); process.exit(0); print(1)'],
    ['timers', 'const x = readline(); setTimeout(() => print("", 2 * x), 1e9)'],
  ])('read and print by %s', async (_how, code) => {
    expect(await run(code, stdio(['21\n', '42'], ['-3\n', '-6']))).toEqual(['passed', 'passed']);
  });

  it('print objects as Node does, white space apart', async () => {
    const code = 'console.log([1, "a", [undefined]], { a: -0, b: null }, new Map([[1, 2]]), 5n, "s", [])';
    expect(
      await run(code, stdio(['', "[ 1, 'a', [ undefined ] ] { a: -0, b: null } Map(1) { 1 => 2 } 5n s []"])),
    ).toEqual(['passed']);
  });

  it.each([
    ['a function', 'function f(a, b) { return [a + b] }'],
    ['a constant', 'const f = (a, b) => [a + b]'],
    ['an export', 'export default function f(a, b) { return [a + b] }'],
    ['module.exports', 'module.exports = { f: (a, b) => [a + b] }'],
    [
      'a method of Solution',
      'class Solution { #add = (a, b) => a + b; f(a, b) { return [this.#add(a, b)] } }',
    ],
    ['an async function', 'async function f(a, b) { await null; return [a + b] }'],
  ])('are called by name: %s', async (_what, code) => {
    expect(await run(code, calls('f', [[1, 2], [3]], [['a', 'b'], ['ab']], [[1, 2], [4]]))).toEqual([
      'passed',
      'passed',
      'wrong: returned [3]',
    ]);
  });

  it('are not right by values JSON lacks', async () => {
    const code = 'const f = (i) => [undefined, NaN, 2n ** 64n, 5n, new Float64Array([1, 2])][i]';
    expect(
      await run(code, calls('f', [[0], null], [[1], null], [[2], null], [[3], 5], [[4], [1, 2]])),
    ).toEqual([
      'passed',
      'wrong: returned {"$number":"NaN"}',
      'wrong: returned {"$number":"18446744073709551616"}',
      'passed',
      'passed',
    ]);
  });

  it.each([
    ['an exit code left', 'console.log(42); process.exitCode = 3', 'error: exit status 3'],
    ['an exit code given', 'console.log(42); process.exit(3)', 'error: exit status 3'],
    [
      'an exit code of a handler',
      "console.log(42); process.on('exit', () => { process.exitCode = 4 })",
      'error: exit status 4',
    ],
    [
      'an async main that fails',
      'async function main() { console.log(42); await null; throw new Error("late") }\nmain()',
      'error: line 1: Error: late',
    ],
    ['an exit that ends them at once', 'console.log(42); process.exit(); console.log(43)', 'passed'],
    ['console.assert, which only prints', 'console.assert(false); console.log(42)', 'passed'],
    ['a rejection that is caught', 'Promise.reject(1).catch(() => console.log(42))', 'passed'],
  ])('end as in Node: %s', async (_how, code, verdict) => {
    expect(await run(code, stdio(['', '42']))).toEqual([verdict]);
  });

  it('may return twice what is expected, and not much more', async () => {
    const code = 'const f = (n) => "x".repeat(n)';
    const result = 'x'.repeat(2_000_000);
    expect(await run(code, calls('f', [[2_000_000], result], [[9_000_000], result]))).toEqual([
      'passed',
      'output: more than 3907 KB returned',
    ]);
  });

  it('meet test code that lives elsewhere', async () => {
    const code =
      'const f = (x) => (x < 0 ? (() => { throw new RangeError("neg") })() : new Map([[x, [x, undefined]]]))';
    const tests = {
      code: [
        "const assert = require('node:assert');\nassert.deepStrictEqual(f(2), new Map([[2, [2, undefined]]]))",
        'assert.throws(() => f(-1))',
        'assert.deepStrictEqual(f(2), new Map([[2, [2, null]]]))',
        'try { f(-1) } catch (e) { assert.strictEqual(e.name + e.message, "RangeErrorneg") }',
        'g(1)',
      ],
    };
    expect(await run(code, tests)).toEqual([
      'passed',
      'passed',
      'wrong: AssertionError: not equal',
      'passed',
      "error: ReferenceError: 'g' is not defined",
    ]);
  });
});

describe.skipIf(PYTHON_SKIPPED !== '')(`Python programs${PYTHON_SKIPPED}`, () => {
  const run = (code: string, tests: CodeTests['tests'], more?: Partial<CodeTests>) =>
    verdicts('python', code, tests, more);

  it('read and print', async () => {
    const code = 'import sys\nif __name__ == "__main__":\n  print(2 * int(sys.stdin.readline()), end="")';
    expect(await run(code, stdio(['21\n', '42\n'], ['4', '9']))).toEqual(['passed', 'wrong: token 1 is "8"']);
  });

  it('may recurse in a thread, and end with status 0', async () => {
    const code =
      'import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(2**27)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)\nt = threading.Thread(target=lambda: print(f(50000)))\nt.start(); t.join()\nexit()';
    expect(await run(code, stdio(['', '50000']))).toEqual(['passed']);
  });

  it('are called by name, as functions and methods', async () => {
    const tests = calls(
      'f',
      [
        [1, 2],
        [3, null],
      ],
      [
        [0.1, 0.2],
        [0.3, null],
      ],
      [
        [1, 1],
        [3, null],
      ],
    );
    const body = 'return (a + b, None)';
    const verdict = ['passed', 'passed', 'wrong: returned [2, null]'];
    expect(await run(`def f(a, b): ${body}`, tests, { tolerance: 1e-9 })).toEqual(verdict);
    expect(
      await run(`class Solution:\n  def f(self, a: List[int], b): ${body}`, tests, {
        tolerance: 1e-9,
        prelude: 'from typing import *',
      }),
    ).toEqual(verdict);
  });

  it('are awaited where their functions are coroutines', async () => {
    const code = 'import asyncio\nasync def f(x):\n  await asyncio.sleep(0.001)\n  return 2 * x';
    expect(await run(code, calls('f', [[2], 4], [[2], 5]))).toEqual(['passed', 'wrong: returned 4']);
  });

  it('meet test code that lives elsewhere', async () => {
    const code =
      'class P:\n  def __init__(s, x): s.x = x\n  def up(s, by=1): return P(s.x + by)\ndef f(x):\n  if x < 0: raise ValueError("neg")\n  return {x: (x, {1, 2}, 2**70, b"z", float("inf"))}\ndef g():\n  yield from range(3)';
    const tests = {
      code: [
        'assert f(2) == {2: (2, {2, 1}, 2**70, b"z", float("inf"))}',
        'def check(c):\n  try: c(-1)\n  except ValueError as e: assert str(e) == "neg"\n  else: assert False\ncheck(f)',
        'assert list(g()) == [0, 1, 2] and P(1).up(by=4).x == 5',
        'assert f(2) == {2: [2]}',
        'f(lambda: 0)',
        'import sys\nsys.exit(1)',
      ],
    };
    expect(await run(code, tests)).toEqual([
      'passed',
      'passed',
      'passed',
      'wrong: AssertionError',
      'error: Uncrossable: a function cannot be passed to the program',
      'wrong: AssertionError: exit 1',
    ]);
  });

  it('that fail say where', async () => {
    expect(await run('\n\nraise ValueError("no\\nline")', stdio(['', '']))).toEqual([
      'error: line 3: ValueError: no line',
    ]);
    expect(await run('import sys; sys.exit(7)', stdio(['', '']))).toEqual(['error: exit status 7']);
    expect(await run('x = 1', calls('f', [[], 1]))).toEqual([
      'error: NameError: the program does not define f',
    ]);
  });
});

describe('a report', () => {
  const tests: CodeTests = { language: 'javascript', tests: stdio(['1', '1'], ['2', '1'], ['3', '3']) };

  it('counts what passed', async () => {
    const report = await runTests('print(readline())', tests, { limits });
    expect(report).toMatchObject({ passed: 2, total: 3 });
  });

  it('skips what follows a failure where that is asked for', async () => {
    const { results, passed } = await runTests('print(readline())', tests, { limits, stopEarly: true });
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'wrong', 'skipped']);
    expect(passed).toBe(1);
  });

  it('runs a program that cannot be parsed only once', async () => {
    const { results } = await runTests('let let = 1', tests, { limits });
    expect(results.map(({ verdict }) => verdict)).toEqual(['error', 'error', 'error']);
    expect(results.slice(1).map(({ elapsedMs }) => elapsedMs)).toEqual([0, 0]);
  });

  it('lets the problem’s own limits go before the caller’s, and leaves room for long output', async () => {
    const slow = await runTests(
      'for (;;);',
      { ...tests, tests: stdio(['', '']), timeLimitMs: 100 },
      { limits },
    );
    expect(slow.results[0]).toMatchObject({ verdict: 'timeout', message: 'more than 100 ms' });
    const long = 'x'.repeat(3000);
    const print = { ...tests, tests: stdio(['', long]) };
    expect(
      await runTests('print("x".repeat(3000))', print, { limits: { ...limits, outputKb: 1 } }),
    ).toMatchObject({ passed: 1 });
  });
});
