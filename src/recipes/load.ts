/**
 * @file Reads a recipe file: .ts, .mts, .js, .mjs or .json.
 *
 * esbuild strips the types and joins the recipe's own relative imports into one module in memory. Packages stay
 * outside it, named by absolute file URLs, and `aha` always means the package that runs: a recipe works in any
 * directory, whether or not that has a package.json or an installed `aha`.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Plugin } from 'esbuild';
import { PACKAGE_ROOT } from '../../setup/status.mjs';
import { UsageError, UserError } from '../errors.ts';

const SCRIPTS = ['.ts', '.mts', '.js', '.mjs'];

/**
 * The value a recipe file exports, not yet validated.
 *
 * @param file - path of the recipe
 * @param packageRoot - the package that `aha` means in it
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
  return kind === '.json' ? parseJson(file, text) : importScript(path, file, packageRoot);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file}: ${(cause as Error).message}`, 'Mend the JSON.', { cause });
  }
}

async function importScript(path: string, file: string, packageRoot: string): Promise<unknown> {
  const code = await bundle(path, packageRoot);
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  let exported: { default?: unknown };
  try {
    exported = (await import(url)) as { default?: unknown };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UsageError(`${file}: ${String(cause)}`, 'Mend the recipe; this came from running it.', {
      cause,
    });
  }
  if (exported.default !== undefined) return exported.default;
  throw new UsageError(`${file}: has no default export`, 'Write: export default defineRecipe({ … }).');
}

/** The recipe and what it imports relatively, as one ES module. */
async function bundle(path: string, packageRoot: string): Promise<Uint8Array> {
  const own = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) };
  const define = Object.entries(own).map(([key, value]) => [`import.meta.${key}`, JSON.stringify(value)]);
  try {
    const { outputFiles } = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
      define: Object.fromEntries(define),
      plugins: [outsidePackages(packageRoot)],
    });
    return outputFiles[0]!.contents;
  } catch (cause) {
    const { errors = [] } = cause as Partial<BuildFailure>;
    if (errors.length === 0) throw cause;
    const lines = errors.map(({ location, text }) =>
      location === null
        ? `${path}: ${text}`
        : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
    );
    throw new UsageError(lines.join('\n'), 'Mend the recipe.', { cause });
  }
}

/** Leaves packages out of the bundle, each by the URL of its file, since a data: module resolves no bare names. */
function outsidePackages(packageRoot: string): Plugin {
  const own = createRequire(join(packageRoot, 'package.json'));
  return {
    name: 'outside-packages',
    setup({ onResolve, resolve: resolveInside }) {
      onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (kind === 'entry-point' || pluginData === 'seen') return undefined;
        if (path === 'aha' || path.startsWith('aha/')) {
          return { path: pathToFileURL(own.resolve(path)).href, external: true };
        }
        const found = await resolveInside(path, { kind, resolveDir, pluginData: 'seen' });
        if (found.errors.length > 0) return { errors: found.errors };
        return { path: found.external ? found.path : pathToFileURL(found.path).href, external: true };
      });
    },
  };
}
