/** @file A schema's complaint as one sentence that names the field: `messages[1].content: expected …`. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

export interface FieldProblem {
  /** Such as `messages[1].content`; empty for the body itself. */
  readonly field: string;
  readonly problem: string;
  /** The value is of the wrong type, or not one of those known; false: out of range. */
  readonly shape: boolean;
}

/** Says what is wrong with which field. */
export function describeIssue(issue: Issue, above: readonly PropertyKey[] = []): FieldProblem {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') return describeUnion(issue, path);
  const shape = issue.code === 'invalid_type' || issue.code === 'invalid_value';
  return { field: fieldName(path), problem: problemOf(issue), shape };
}

const MISSING = ', but is missing';

/** Bodies are JSON, so a value that is undefined is a field that was left out. */
function problemOf({ message }: Issue): string {
  return lowerFirst(message.replace('Invalid input: ', '')).replace(/, received undefined$/, MISSING);
}

/** Of the alternatives the one that got furthest: an array with one wrong part is not a wrong string. */
function describeUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: PropertyKey[]): FieldProblem {
  const alternatives = issue.errors.map((issues) => deepest(issues)).filter((one) => one !== undefined);
  const best = deepest(alternatives);
  if (best !== undefined && best.path.length > 0) return describeIssue(best, path);
  const ranged = alternatives.find(({ code }) => code !== 'invalid_type' && code !== 'invalid_value');
  if (ranged !== undefined) return describeIssue(ranged, path);
  const problems = alternatives.map((one) => describeIssue(one).problem);
  const expected = problems.map((one) => one.replace(MISSING, '').replace(/, received .*$/, ''));
  const words = [...new Set(expected.map((one) => one.replace(/^expected /, '')))];
  const missing = problems.some((one) => one.endsWith(MISSING)) ? MISSING : '';
  const problem = words.length > 0 ? `expected ${words.join(' or ')}${missing}` : lowerFirst(issue.message);
  return { field: fieldName(path), problem, shape: true };
}

function deepest(issues: readonly Issue[]): Issue | undefined {
  return issues.reduce<Issue | undefined>(
    (best, issue) => (best === undefined || issue.path.length > best.path.length ? issue : best),
    undefined,
  );
}

/** Names that a client made up are not sent back at any length. */
const LONGEST_NAME = 100;

/** @example ['messages', 1, 'content'] → `messages[1].content` */
function fieldName(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : named(String(part), i))).join('');
}

function named(name: string, at: number): string {
  const shown = name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
  return at === 0 ? shown : `.${shown}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
