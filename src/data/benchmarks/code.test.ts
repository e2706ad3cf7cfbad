import { describe, expect, it } from 'vitest';
import { codeTestsSchema, testCases } from '../../grading/sandbox/tests.ts';
import type { Benchmark } from './benchmark.ts';
import { humaneval, mbpp } from './code.ts';
import { FIXTURES, rowsOf } from './testing.ts';

const read = (benchmark: Benchmark, index: number) =>
  benchmark.read(rowsOf(...FIXTURES[benchmark.name]!)[index]!, 0);

describe('HumanEval', () => {
  it('calls the published check with the entry point, and keeps the imports of the prompt', () => {
    const tests = codeTestsSchema.parse(read(humaneval, 0).meta);
    expect(tests.prelude).toBe('from typing import List');
    expect(testCases(tests)).toEqual([
      {
        kind: 'assert',
        code: 'def check(candidate):\n    assert candidate([1, 2]) == 3\n\n\ncheck(total)\n',
      },
    ]);
    expect(humaneval.word(read(humaneval, 0))).toContain('"""Sum of xs."""\n```');
  });
});

describe('MBPP', () => {
  it('has one case for each assertion, and shows them', () => {
    const question = read(mbpp, 0);
    expect(
      testCases(codeTestsSchema.parse(question.meta)).map((test) => test.kind === 'assert' && test.code),
    ).toEqual(['assert double(2) == 4', 'assert double(0) == 0']);
    expect(mbpp.word(question)).toContain('assert double(2) == 4\nassert double(0) == 0');
  });

  it('imports what the assertions need', () => {
    const [test] = testCases(codeTestsSchema.parse(read(mbpp, 1).meta));
    expect(test).toEqual({ kind: 'assert', code: 'import math\nassert math.isclose(root(4), 2)' });
  });
});
