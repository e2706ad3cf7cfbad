/**
 * @file Requirements of a test beyond this package: a browser, a Python package, a GPU, another Node.
 *
 *   const python = requirement(found ? null : 'python3 has no package openai');
 *   describe.skipIf(python.missing)(`openai (Python)${python.note}`, …)
 *
 * The note is in the test's name, so that whoever reads the names knows what was not run and why.
 */

export interface Requirement {
  readonly missing: boolean;
  /** `''`, or ` (not run: why)`. */
  readonly note: string;
}

/** @param why - why it is missing, and what to do about it; null where it is there */
export function requirement(why: string | null): Requirement {
  return why === null ? { missing: false, note: '' } : { missing: true, note: ` (not run: ${why})` };
}
