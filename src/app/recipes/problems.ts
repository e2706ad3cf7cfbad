/**
 * @file Problems of a recipe, in lines that name the path, the value and what was expected.
 */
import type { z } from 'zod';
import { suggestion } from '../../did-you-mean.ts';
import { keysAt, type Path } from './schema.ts';

/** One thing that is wrong, at a place in the recipe. */
export interface Problem {
  readonly path: Path;
  /** What is wrong there, the path not repeated. */
  readonly text: string;
  /** Other places of the recipe that have a part in it. */
  readonly involves?: readonly Path[];
}

/**
 * The problems that zod found in `value`.
 *
 * @param base - where `value` lies in the recipe; put before every path
 */
export function problemsOf(error: z.ZodError, value: unknown, schema: z.ZodType, base: Path = []): Problem[] {
  return flatten(error.issues).flatMap((issue) => {
    const path = issue.path as Path;
    const place = [...base, ...path];
    if (issue.code === 'unrecognized_keys') {
      const choice = keysAt(schema, path, value);
      return issue.keys.map((key) => ({
        path: [...place, key],
        text: `unknown key (value ${show(valueAt(value, [...path, key]))}); ${suggestion(key, choice)}`,
      }));
    }
    const found = valueAt(value, path);
    return [
      {
        path: place,
        text: found === undefined ? `is missing: ${expected(issue)}` : `${show(found)}: ${expected(issue)}`,
      },
    ];
  });
}

/** A path as a person would type it after --set: stages by name, `R1-Zero.optimizer.lr`. */
export function formatPath(path: Path, recipe: unknown): string {
  if (path[0] !== 'stages' || path.length < 2) return path.join('.');
  const name = valueAt(recipe, ['stages', path[1]!, 'name']);
  return [typeof name === 'string' ? name : `stages.${path[1]}`, ...path.slice(2)].join('.');
}

/** The value at a path, undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** A value as JSON, shortened to one line. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Unions report every branch: those of the branch that fits best are the useful ones. */
function flatten(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const branches = issue.errors.map((branch) => flatten(branch));
    const depth = (branch: z.core.$ZodIssue[]) => Math.max(...branch.map((one) => one.path.length));
    const best = branches.sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0]!;
    // At the union's own level no branch is better than another: zod's message names the whole choice.
    if (depth(best) === 0 && branches.length > 1) return [{ ...issue, message: alternatives(branches) }];
    return best.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
  });
}

function alternatives(branches: readonly z.core.$ZodIssue[][]): string {
  return [...new Set(branches.flat().map(expected))].join(', or ');
}

function expected(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `expected ${issue.values.map((one) => show(one)).join(' or ')}`;
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined && 'options' in issue)
    return `expected ${issue.options?.map(show).join(' or ')}`;
  return issue.message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
}
