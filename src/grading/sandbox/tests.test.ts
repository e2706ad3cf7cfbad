import { describe, expect, it } from 'vitest';
import { codeTestsSchema, testCases } from './tests.ts';

const parse = (value: object) => codeTestsSchema.safeParse({ language: 'python', ...value });

describe('tests of a program', () => {
  it('reads each of the three kinds, and leaves out what it does not know', () => {
    const stdio = parse({ tests: [{ stdin: '1', stdout: '2', public: true }], difficulty: 'easy' });
    expect(stdio.data).toEqual({ language: 'python', tests: [{ stdin: '1', stdout: '2' }] });
    expect(testCases(stdio.data!)).toEqual([{ kind: 'stdio', stdin: '1', stdout: '2' }]);

    const calls = parse({
      tests: { function: 'Solution.f', cases: [{ args: [[1], null], result: { a: 1 } }] },
    });
    expect(testCases(calls.data!)).toEqual([
      { kind: 'function', function: 'Solution.f', args: [[1], null], result: { a: 1 } },
    ]);

    const asserts = parse({ tests: { code: ['assert f()', 'assert g()'] }, prelude: 'import math' });
    expect(testCases(asserts.data!)).toEqual([
      { kind: 'assert', code: 'assert f()' },
      { kind: 'assert', code: 'assert g()' },
    ]);
  });

  it.each([
    ['no cases', { tests: [] }],
    ['no tests', {}],
    ['another language', { language: 'cobol', tests: [{ stdin: '', stdout: '' }] }],
    ['a name that is code', { tests: { function: 'f(1)', cases: [{ args: [], result: 1 }] } }],
    ['no expected value', { tests: { function: 'f', cases: [{ args: [] }] } }],
    ['a negative limit', { tests: [{ stdin: '', stdout: '' }], timeLimitMs: -1 }],
  ])('refuses %s', (_what, value) => {
    expect(parse(value).success).toBe(false);
  });
});
