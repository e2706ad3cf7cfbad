import nodeAssert from 'node:assert';
import { describe, expect, it } from 'vitest';
import { runTests } from '../../src/grading/sandbox/judge.ts';
import type { Language } from '../../src/grading/sandbox/tests.ts';
import { sampleOf } from '../support/long.ts';
import { PYTHON_SKIPPED } from '../support/python-sandbox.ts';
import { ASSERTIONS, JAVASCRIPT_TEST_CODE } from './javascript-test-code.ts';
import { PYTHON_TEST_CODE } from './python-test-code.ts';
import type { TestCodeCase } from './test-code.ts';

async function verdictOf(language: Language, program: string, code: string) {
  const { results } = await runTests(
    program,
    { language, tests: { code: [code] } },
    { limits: { timeMs: 20_000 } },
  );
  return results[0]!;
}

async function check(language: Language, { program, code, verdict }: TestCodeCase) {
  const result = await verdictOf(language, program, code);
  const allowed = verdict === 'failed' ? ['wrong', 'error'] : [verdict];
  expect(allowed, `${result.verdict}: ${result.message}`).toContain(result.verdict);
}

describe.each(Object.entries(JAVASCRIPT_TEST_CODE))('JavaScript test code %s', (_kind, cases) => {
  it.each(cases)('$name: $verdict', (one) => check('javascript', one));
});

describe.skipIf(PYTHON_SKIPPED !== '').each(Object.entries(PYTHON_TEST_CODE))(
  `Python test code %s${PYTHON_SKIPPED}`,
  (_kind, cases) => {
    it.each(sampleOf(cases, 16))('$name: $verdict', (one) => check('python', one));
  },
);

describe('assert in the sandbox', () => {
  const AsyncFunction = (async () => {}).constructor as new (
    name: string,
    code: string,
  ) => (assert: typeof nodeAssert) => Promise<void>;

  it.each(sampleOf(ASSERTIONS, 60))('accepts what Node accepts: %s', async (code) => {
    const accepted = await new AsyncFunction('assert', code)(nodeAssert).then(
      () => true,
      () => false,
    );
    const { verdict, message } = await verdictOf('javascript', 'function f() {}', `f();\n${code}`);
    expect(verdict === 'passed', message).toBe(accepted);
  });
});
