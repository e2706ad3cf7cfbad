/** @file Sandboxes: running programs nobody has read, against tests. No tensors. */
export { type PythonSandbox, pythonSandbox } from './bubblewrap.ts';
export { outputDifference, sameJson } from './compare.ts';
export { extractCode } from './extract.ts';
export { type CaseResult, type CodeReport, type RunOptions, runTests } from './judge.ts';
export { DEFAULT_LIMITS, type Limits, limitsSchema } from './limits.ts';
export type { Verdict } from './outcome.ts';
export {
  type AssertTests,
  type CodeTests,
  codeTestsSchema,
  type FunctionTests,
  LANGUAGES,
  type Language,
  type StdioTests,
} from './tests.ts';
export { testsFromColumn } from './tests-column.ts';
