/**
 * @file Code reward (R1, §2.2.2: a compiler judges the program against predefined test cases).
 *
 * The program of the response is run in a sandbox (src/sandbox) against the tests in `prompt.meta`; the score is 1 or 0,
 * or the share of cases passed. Null where the prompt has no tests.
 */
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Completion, Prompt } from '../records.ts';
import { extractCode } from '../sandbox/extract.ts';
import { runTests } from '../sandbox/judge.ts';
import { limitsSchema } from '../sandbox/limits.ts';
import { type CodeTests, codeTestsSchema } from '../sandbox/tests.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Knobs of the reward `code`. */
export const codeSchema = limitsSchema.safeExtend({
  score: z
    .enum(['all', 'partial'])
    .default('all')
    .describe('"all": 1 where every case passes, else 0; "partial": the share of cases that pass'),
  stopEarly: z
    .boolean()
    .optional()
    .describe('Run nothing after the first case that fails; left out: only where score is "all"'),
});

/** A group of completions shares its prompt: its tests, which may be megabytes, are checked once. */
const checked = new WeakMap<object, CodeTests>();

function testsOf({ id, meta }: Prompt): CodeTests | null {
  if (meta?.tests === undefined) return null;
  let tests = checked.get(meta);
  if (tests === undefined) {
    const parsed = codeTestsSchema.safeParse(meta);
    if (!parsed.success)
      throw new UserError(
        `prompt ${id}: meta: ${z.prettifyError(parsed.error)}`,
        'Give meta the tests of src/sandbox/tests.ts: language, and tests of one of its three kinds.',
      );
    tests = parsed.data;
    checked.set(meta, tests);
  }
  return tests;
}

/** The code reward. A response without a program scores 0. */
export function codeReward({ score, stopEarly, ...limits }: z.output<typeof codeSchema>): Reward {
  return {
    name: 'code',
    async score({ prompt, text }: Completion) {
      const tests = testsOf(prompt);
      if (tests === null) return null;
      const code = extractCode(text, tests.language);
      if (code === null) return 0;
      const report = await runTests(code, tests, { limits, stopEarly: stopEarly ?? score === 'all' });
      if (score === 'partial') return report.passed / report.total;
      return report.passed === report.total ? 1 : 0;
    },
  };
}

export const code = defineReward({
  name: 'code',
  about: 'Whether the program passes the tests of the prompt, 0..1',
  says: 'right',
  schema: codeSchema,
  create: codeReward,
});
