/** @file Test code in the forms its authors use, with a program and the verdict the pair must get. */

export interface TestCodeCase {
  readonly name: string;
  readonly program: string;
  readonly code: string;
  /** `failed` is `wrong` or `error`. */
  readonly verdict: 'passed' | 'wrong' | 'error' | 'failed';
}

/** One piece of test code against a right program, which passes, and a wrong one, which fails. */
export function pair(name: string, right: string, wrong: string, code: string): TestCodeCase[] {
  return [
    { name: `${name}, right program`, program: right, code, verdict: 'passed' },
    { name: `${name}, wrong program`, program: wrong, code, verdict: 'failed' },
  ];
}
