/** @file The expected value of a key of a file, in words: for messages about config.json and the files beside it. */
import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a string',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

/** `expected a whole number` and the like; a schema's own message where it has one. */
export function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `expected ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') {
    return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  }
  if (issue.code === 'too_small') {
    return `expected a number ${issue.inclusive === true ? 'of at least' : 'above'} ${issue.minimum}`;
  }
  if (issue.code === 'too_big') {
    return `expected a number ${issue.inclusive === true ? 'of at most' : 'below'} ${issue.maximum}`;
  }
  if (issue.code !== 'invalid_union') return issue.message;
  const branches = issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation));
  return [...new Set(branches)].join(', or ').replaceAll(', or expected', ', or');
}

/** `model.vocab_size: "100", expected a whole number`: the key, what it is, what it should be. */
export function describeIssue(issue: z.core.$ZodIssue, keys: unknown): string {
  let value = keys;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  const found = value === undefined ? 'missing' : shorten(JSON.stringify(value));
  return `${issue.path.map(String).join('.') || 'the file'}: ${found}, ${expectation(issue)}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
