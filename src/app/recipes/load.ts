/** @file Reads a recipe file: .ts, .mts, .js, .mjs (run as src/run/load-script.ts says) or .json. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { reasonOf, UsageError } from '../../errors.ts';
import { loadScript, SCRIPTS } from '../../run/load-script.ts';

const EXAMPLE = 'export default defineRecipe({ … })';

/** A recipe as it is named: a file here, or else one of the package's own, such as recipes/r1-zero-tiny.ts. */
export function findRecipe(named: string, packageRoot: string = PACKAGE_ROOT): string {
  const packaged = join(packageRoot, named);
  return !existsSync(named) && existsSync(packaged) ? packaged : named;
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
