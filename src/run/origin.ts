/** @file origin.json: the folder that the recipe of a run came from. Relative paths in the recipe start there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isJsonObject } from '../records.ts';
import { writeJsonAtomic } from './atomic.ts';
import { RECIPE } from './directory.ts';

/** In a run's directory. */
export const ORIGIN = 'origin.json';

/** Notes the recipe's file, unless it is the run's own recipe.json. */
export async function writeOrigin(dir: string, recipe: string): Promise<void> {
  if (isOwnRecipe(dir, recipe)) return;
  await writeJsonAtomic(join(dir, ORIGIN), { format: 1, recipe: resolve(recipe) });
}

/** Whether a recipe file is the resolved recipe that the run in `dir` keeps. */
export function isOwnRecipe(dir: string, recipe: string): boolean {
  return resolve(recipe) === resolve(dir, RECIPE);
}

/** The folder of the recipe that the run was begun with; null where it is not known or gone. */
export function originFolder(dir: string): string | null {
  const file = join(dir, ORIGIN);
  if (!existsSync(file)) return null;
  try {
    const origin: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const recipe = isJsonObject(origin) ? origin.recipe : null;
    return typeof recipe === 'string' && existsSync(dirname(recipe)) ? dirname(recipe) : null;
  } catch {
    // A damaged note: paths are looked for as without it.
    return null;
  }
}
