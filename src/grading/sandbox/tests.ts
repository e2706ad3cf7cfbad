/**
 * @file Tests of a program: the part of `prompt.meta` that data loaders write and the reward `code` reads.
 *
 * Three kinds of tests, told apart by their shape: standard input → standard output (Codeforces, LiveCodeBench), calls
 * of one function with JSON (LeetCode), and test code with assertions (HumanEval, MBPP). Expected values never enter
 * the sandbox of the program under test.
 */
import { z } from 'zod';
import type { Json } from '../../records.ts';

/** Languages programs can be run in. */
export const LANGUAGES = ['python', 'javascript'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A name in the program: `solve`, or `Solution.solve` for a method of a class without constructor arguments. */
const functionName = z
  .string()
  .regex(/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?$/u, 'a name, or Class.method');
const json = z.json() as unknown as z.ZodType<Json>;

const stdioTestsSchema = z
  .array(z.object({ stdin: z.string(), stdout: z.string() }))
  .min(1)
  .describe('Each case: what the program reads, what it must print (tokens are compared)');

const functionTestsSchema = z
  .object({
    function: functionName.describe('Looked up at the top of the program, then in a class `Solution`'),
    cases: z.array(z.object({ args: z.array(json), result: json })).min(1),
  })
  .describe('Each case: one call with these arguments must return this value (compared as JSON)');

const assertTestsSchema = z
  .object({ code: z.array(z.string()).min(1) })
  .describe('Each case: test code that calls the program and raises where it is wrong');

/** The tests of one problem. Unknown keys are left out: `prompt.meta` may hold more than this. */
export const codeTestsSchema = z.object({
  language: z.enum(LANGUAGES),
  tests: z.union([stdioTestsSchema, functionTestsSchema, assertTestsSchema]),
  /** Put before the program, e.g. imports the problem statement takes for granted. */
  prelude: z.string().optional(),
  /** Wall-clock limit of one case; goes before the caller's. */
  timeLimitMs: z.number().int().positive().optional(),
  /** Memory limit of one case; goes before the caller's. */
  memoryLimitMb: z.number().int().positive().optional(),
  /**
   * Numbers may differ from the expected ones by this much, relative to max(1, |expected|). 0 compares by value
   * (`1.0` is `1`); without it, printed numbers must be spelled alike and returned ones be equal.
   */
  tolerance: z.number().nonnegative().optional(),
});

export type CodeTests = z.output<typeof codeTestsSchema>;
export type StdioTests = z.output<typeof stdioTestsSchema>;
export type FunctionTests = z.output<typeof functionTestsSchema>;
export type AssertTests = z.output<typeof assertTestsSchema>;

/** One test, as a sandbox runs it. */
export type TestCase =
  | { readonly kind: 'stdio'; readonly stdin: string; readonly stdout: string }
  | {
      readonly kind: 'function';
      readonly function: string;
      readonly args: readonly Json[];
      readonly result: Json;
    }
  | { readonly kind: 'assert'; readonly code: string };

/** The cases of `tests`, in their order. */
export function testCases({ tests }: CodeTests): TestCase[] {
  if (Array.isArray(tests)) return tests.map((test) => ({ kind: 'stdio', ...test }));
  if ('code' in tests) return tests.code.map((code) => ({ kind: 'assert', code }));
  return tests.cases.map((test) => ({ kind: 'function', function: tests.function, ...test }));
}
