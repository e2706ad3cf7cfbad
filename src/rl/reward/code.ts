/**
 * @file Code reward (R1, §2.2.2: a compiler judges the program against predefined test cases).
 *
 * The program of the response is run in a sandbox (src/grading/sandbox) against the tests of a column that the recipe names, else
 * those that a benchmark's reader put into `prompt.meta`; the score is 1 or 0, or the share of cases passed. Null where
 * the prompt has no tests.
 */
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import {
  type CodeTests,
  codeTestsSchema,
  extractCode,
  LANGUAGES,
  limitsSchema,
  pythonSandbox,
  runTests,
  testsFromColumn,
} from '../../grading/sandbox/index.ts';
import { type Completion, columnOf, type JsonObject, type Prompt } from '../../records.ts';
import { defineReward } from './definition.ts';
import type { Reward } from './reward.ts';

/** Settings of the reward `code`. */
export const codeSchema = limitsSchema.safeExtend({
  score: z
    .enum(['all', 'partial'])
    .default('all')
    .describe('"all": 1 where every case passes, else 0; "partial": the share of cases that pass'),
  testsField: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Column with the tests of a file of yours (`a.b`: b inside the object a); docs/code.md lists layouts',
    ),
  language: z.enum(LANGUAGES).default('python').describe('Language of programs whose tests name none'),
  stopEarly: z
    .boolean()
    .optional()
    .describe('Run nothing after the first case that fails; left out: only where score is "all"'),
});

type Settings = z.output<typeof codeSchema>;

/** A group of completions shares its prompt: its tests, which may be megabytes, are read once. */
const known = new WeakMap<JsonObject, Map<string, CodeTests>>();

/** What `read` makes of a prompt's part that holds tests, remembered under `key` as long as that part is in use. */
function remembered(holder: JsonObject, key: string, read: () => CodeTests): CodeTests {
  const of = known.get(holder) ?? new Map<string, CodeTests>();
  known.set(holder, of);
  const tests = of.get(key) ?? read();
  of.set(key, tests);
  return tests;
}

/** The tests of a prompt, or null where it has none. A column goes before what a benchmark's reader made. */
function testsOf({ id, columns, meta }: Prompt, { testsField, language }: Settings): CodeTests | null {
  const value = testsField === undefined ? undefined : columnOf(columns ?? {}, testsField);
  if (value !== undefined && value !== null) {
    const place = `prompt ${id}: column "${testsField}"`;
    return remembered(columns!, `${language} ${testsField}`, () => testsFromColumn(value, language, place));
  }
  if (meta?.tests === undefined) return null;
  return remembered(meta, '', () => testsInMeta(id, meta));
}

function testsInMeta(id: string, meta: JsonObject): CodeTests {
  const parsed = codeTestsSchema.safeParse(meta);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `prompt ${id}: meta: ${z.prettifyError(parsed.error)}`,
    'Give meta the tests of src/grading/sandbox/tests.ts: language, and tests of one of its three kinds.',
  );
}

/** Refuses a row of a file without the column, or with something else than tests in it; null is a row without tests. */
function requireTests(settings: Settings, prompt: Prompt): void {
  const { testsField } = settings;
  if (testsField === undefined || prompt.columns === undefined) return;
  if (columnOf(prompt.columns, testsField) === undefined && prompt.meta?.tests === undefined) {
    throw new UserError(
      `column "${testsField}" is missing (columns present: ${Object.keys(prompt.columns).join(', ') || 'none'})`,
      'Set rewards.code.testsField to the column with the tests, or write null where a row has none.',
    );
  }
  testsOf(prompt, settings);
}

/** The code reward. A response without a program scores 0. */
export function codeReward(settings: Settings): Reward {
  const { score, stopEarly, testsField: _, language: __, ...limits } = settings;
  return {
    name: 'code',
    waits: true,
    answers: null,
    async ready(prompts) {
      if (prompts.some((prompt) => testsOf(prompt, settings)?.language === 'python')) await pythonSandbox();
    },
    async score({ prompt, response }: Completion) {
      const tests = testsOf(prompt, settings);
      if (tests === null) return null;
      const code = extractCode(response, tests.language);
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
  checkPrompt: requireTests,
  needs: (settings) => ({
    what: settings.testsField === undefined ? 'tests' : `tests in the column "${settings.testsField}"`,
    remedy: 'Set rewards.code.testsField to the column with the tests, or use a benchmark that has tests.',
    has: (prompt) => testsOf(prompt, settings) !== null,
  }),
  create: codeReward,
});
