/**
 * @file `--set path=value`: a change to a recipe from the command line.
 *
 * The path starts at the recipe (`seed`, `stages.0.steps`) or at a stage's name (`R1-Zero.optimizer.lr`); arrays take
 * an index, the array of stages also a name. The value is JSON where it parses as JSON, else a string.
 */

import { suggestion } from '../../did-you-mean.ts';
import { UsageError } from '../../errors.ts';
import type { Json } from '../../records.ts';
import { show } from './problems.ts';
import type { Path } from './schema.ts';

/** A parsed `--set`. */
export interface Override {
  /** As typed, for messages. */
  readonly text: string;
  readonly path: readonly string[];
  readonly value: Json;
}

/** An override whose path was found in the recipe. */
export interface PlacedOverride extends Override {
  /** The path with stage names replaced by indices. */
  readonly place: Path;
}

type Container = Record<string | number, unknown>;

/** Keys of a recipe; no stage may be called like one, so that the start of a path is never ambiguous. */
export const RECIPE_KEYS: readonly string[] = [
  'name',
  'title',
  'about',
  'reading',
  'seed',
  'device',
  'precision',
  'deterministic',
  'assume',
  'stages',
];

/** Parses `path=value`. @throws UsageError when there is no `=` or a part of the path is empty */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0)).split('.');
  if (equals < 1 || path.includes('') || path.includes('__proto__')) {
    throw new UsageError(
      `--set ${text}: not of the form path=value`,
      'Write for example --set R1-Zero.steps=10.',
    );
  }
  return { text, path, value: parseValue(text.slice(equals + 1)) };
}

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/**
 * Sets a value in `recipe`, which is changed. Objects on the way that the recipe leaves to their defaults are made
 * from those defaults, so that setting one setting of a group keeps the others.
 *
 * @param defaultAt - the default at a path (arrays by index), undefined where there is none
 * @throws UsageError naming the part of the path that leads nowhere, and the nearest that exists
 */
export function applyOverride(
  recipe: Container,
  override: Override,
  defaultAt: (path: Path) => unknown,
): PlacedOverride {
  const place: (string | number)[] = [];
  let at: Container = recipe;
  const keys = fromTheTop(recipe, override);
  keys.forEach((key, depth) => {
    const step = Array.isArray(at) ? indexOf(at, key, place, override) : key;
    place.push(step);
    if (depth === keys.length - 1) {
      at[step] = override.value;
      return;
    }
    const written = Object.hasOwn(at, step) ? at[step] : undefined;
    const next = written ?? structuredClone(defaultAt(place)) ?? {};
    if (typeof next !== 'object') {
      const what = `--set ${override.text}: ${place.join('.')} is ${show(next)}, which has no "${keys[depth + 1]}"`;
      throw new UsageError(what, `Set ${place.join('.')} itself.`);
    }
    at[step] = next;
    at = next as Container;
  });
  return { ...override, place };
}

/** The path from the recipe on: a stage's name in front stands for `stages.<name>`. */
function fromTheTop(recipe: Container, override: Override): readonly string[] {
  const first = override.path[0]!;
  if (RECIPE_KEYS.includes(first)) return override.path;
  const names = Array.isArray(recipe.stages) ? stageNames(recipe.stages) : [];
  if (names.includes(first)) return ['stages', ...override.path];
  throw new UsageError(
    `--set ${override.text}: no key and no stage of this recipe is called "${first}"`,
    sentence(suggestion(first, [...names, ...RECIPE_KEYS])),
  );
}

function indexOf(array: readonly unknown[], key: string, place: Path, override: Override): number {
  const names = place.length === 1 ? stageNames(array) : [];
  const index = names.includes(key) ? names.indexOf(key) : Number(key);
  if (Number.isInteger(index) && index >= 0 && index < array.length) return index;
  throw new UsageError(
    `--set ${override.text}: ${place.join('.')} has ${array.length} elements and none called "${key}"`,
    names.length > 0 ? sentence(suggestion(key, names)) : `Use an index from 0 to ${array.length - 1}.`,
  );
}

function stageNames(stages: readonly unknown[]): string[] {
  return stages.map((stage) => String((stage as { name?: unknown } | null)?.name));
}

function sentence(text: string): string {
  const closed = text.endsWith('?') ? text : `${text}.`;
  return closed[0]!.toUpperCase() + closed.slice(1);
}
