/**
 * @file Cost of one case in each sandbox: `node --import tsx bench/sandbox.ts [runs]`. Median and minimum of
 * wall-clock ms, one case after the other, after a first that starts what is started once.
 */
import { pythonSandbox, runTests } from '../src/grading/sandbox/index.ts';
import type { CodeTests } from '../src/grading/sandbox/tests.ts';

const runs = Number(process.argv[2] ?? 100);
const double: CodeTests['tests'] = [{ stdin: '21\n', stdout: '42\n' }];
const call: CodeTests['tests'] = { function: 'f', cases: [{ args: [21], result: 42 }] };

const CASES: readonly [name: string, code: string, tests: CodeTests][] = [
  ['JavaScript, stdin', 'print(2 * readline())', { language: 'javascript', tests: double }],
  ['JavaScript, call', 'const f = (x) => 2 * x', { language: 'javascript', tests: call }],
  [
    'JavaScript, test code',
    'const f = (x) => 2 * x',
    { language: 'javascript', tests: { code: ['assert(f(21) === 42)'] } },
  ],
  ['Python, stdin', 'print(2 * int(input()))', { language: 'python', tests: double }],
  ['Python, call', 'f = lambda x: 2 * x', { language: 'python', tests: call }],
  [
    'Python, test code',
    'f = lambda x: 2 * x',
    { language: 'python', tests: { code: ['assert f(21) == 42'] } },
  ],
];

const python = await pythonSandbox().catch((error: Error) => error);
console.log(
  `Node ${process.version}; ${python instanceof Error ? python.message : `CPython ${python.version}`}`,
);
for (const [name, code, tests] of CASES) {
  if (tests.language === 'python' && python instanceof Error) continue;
  const times: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const { results, passed } = await runTests(code, tests);
    if (passed !== 1) throw new Error(`${name}: ${results[0]!.verdict}: ${results[0]!.message}`);
    if (i > 0) times.push(results[0]!.elapsedMs);
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)]!;
  console.log(`${name.padEnd(22)} median ${median.toFixed(1)} ms, minimum ${times[0]!.toFixed(1)} ms`);
}
