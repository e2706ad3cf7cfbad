/** @file Reads a recipe file: .ts, .mts, .js, .mjs (run as src/run/load-script.ts says) or .json. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { nearest } from '../../did-you-mean.ts';
import { reasonOf, UsageError } from '../../errors.ts';
import { loadScript, SCRIPTS } from '../../run/load-script.ts';

const EXAMPLE = 'export default defineRecipe({ … })';

/** What a folder's recipe is called, as `aha init` writes it. */
export const FOLDER_RECIPE = 'recipe.ts';

/**
 * A recipe as it is named: a file here, a folder here with a recipe.ts, or else one of the package's own by its path or
 * name, such as recipes/r1-zero-tiny.ts, r1-zero-tiny or own-task.
 * @returns the file; where there is none, what was named
 */
export function findRecipe(named: string, packageRoot: string = PACKAGE_ROOT): string {
  const packaged = [packageRoot, join(packageRoot, 'recipes')].map((folder) => join(folder, named));
  const candidates = [named, ...packaged].flatMap((path) => [
    path,
    ...(extname(path) === '' ? [join(path, FOLDER_RECIPE), `${path}.ts`] : []),
  ]);
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true) ?? named;
}

/** Names of the package's recipes, as findRecipe takes them. */
export function packagedRecipes(packageRoot: string = PACKAGE_ROOT): string[] {
  const folder = join(packageRoot, 'recipes');
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return entries.flatMap((entry) => {
    if (entry.isFile() && entry.name.endsWith('.ts')) return [entry.name.slice(0, -'.ts'.length)];
    return existsSync(join(folder, entry.name, FOLDER_RECIPE)) ? [entry.name] : [];
  });
}

/**
 * The value a recipe file exports, not yet validated.
 *
 * @param file - path of the recipe
 * @param packageRoot - the package that this package's name means in it
 * @throws UsageError naming the file (and line) when it cannot be read, parsed or run
 */
export async function loadRecipe(file: string, packageRoot: string = PACKAGE_ROOT): Promise<unknown> {
  const path = resolve(file);
  const kind = extname(path);
  if (kind === '' && !existsSync(path)) {
    const names = packagedRecipes(packageRoot);
    const near = nearest(file, names);
    const question = near === null ? '' : `Did you mean ${near}? `;
    throw new UsageError(
      `${file}: no such recipe`,
      `${question}Name a file, a folder with a ${FOLDER_RECIPE}, or a recipe of the package: ${names.join(', ')}.`,
    );
  }
  if (kind !== '.json' && !SCRIPTS.includes(kind)) {
    throw new UsageError(`${file}: not a recipe file`, `A recipe is a ${SCRIPTS.join(', ')} or .json file.`);
  }
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${file}: cannot be read`, 'Name a recipe file, such as recipes/r1-zero-tiny.ts.', {
      cause,
    });
  });
  if (kind === '.json') return parseJson(file, text);
  return (await loadScript(file, { what: 'recipe', example: EXAMPLE, packageRoot })).exported;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file}: ${reasonOf(cause)}`, 'Mend the JSON.', { cause });
  }
}
