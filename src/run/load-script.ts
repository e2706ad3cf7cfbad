/**
 * @file Reads a script of the user's (.ts, .mts, .js, .mjs): a recipe, or a reward function.
 *
 * esbuild strips the types and joins the script's own relative imports into one module in memory. Packages stay
 * outside it, named by absolute file URLs, and this package's name always means the package that runs: a script works in
 * any directory, whether or not that has a package.json or this package installed.
 */
import { createRequire, SourceMap } from 'node:module';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, build, type OutputFile, type Plugin } from 'esbuild';
import { PACKAGE_ROOT } from '../../setup/status.mjs';
import { UsageError, UserError } from '../errors.ts';
import { PACKAGE_NAME } from '../version.ts';

/** Endings of scripts. */
export const SCRIPTS: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

export interface ScriptOptions {
  /** What the script is, for messages: `recipe`, `reward function`. */
  readonly what: string;
  /** What its default export looks like, for messages. */
  readonly example: string;
  /** The package that this package's name means in it. */
  readonly packageRoot?: string;
}

/** A script with its own relative imports, as one ES module without types. */
export interface BundledScript {
  readonly code: Uint8Array;
  /** The script and the files it imports relatively: absolute paths. */
  readonly files: readonly string[];
  /** `file:line:column` of the topmost frame of a stack that lies in the module, called `name` there; or null. */
  locate(stack: string, name: string): string | null;
}

/** A script that was run. */
export interface Script {
  readonly exported: unknown;
  /** The script and the files it imports relatively: absolute paths. */
  readonly files: readonly string[];
}

/**
 * The default export of a script.
 *
 * @param file - its path, as messages name it
 * @throws UsageError naming the file (and line) when it cannot be read, parsed or run, or exports no default
 */
export async function loadScript(file: string, options: ScriptOptions): Promise<Script> {
  const { what, example } = options;
  const { code, files, locate } = await bundleScript(file, options);
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  let exported: { default?: unknown };
  try {
    exported = (await import(url)) as { default?: unknown };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const stack = cause instanceof Error ? (cause.stack ?? '') : '';
    const place = locate(stack.replaceAll(url, MODULE), MODULE) ?? file;
    throw new UsageError(`${place}: ${String(cause)}`, `Mend the ${what}; this came from running it.`, {
      cause,
    });
  }
  if (exported.default !== undefined) return { exported: exported.default, files };
  throw new UsageError(`${file}: has no default export`, `Write: ${example}.`);
}

/** Stands for the module's URL in a stack. */
const MODULE = 'script-module';

/**
 * A script and what it imports relatively, not yet run.
 *
 * @param file - its path, as messages name it
 * @throws UsageError naming the file (and line) when it cannot be read or parsed
 */
export async function bundleScript(
  file: string,
  { what, packageRoot = PACKAGE_ROOT }: Omit<ScriptOptions, 'example'>,
): Promise<BundledScript> {
  const path = resolve(file);
  if (!SCRIPTS.includes(extname(path))) {
    throw new UsageError(`${file}: not a ${what} file`, `It is a ${SCRIPTS.join(', ')} file.`);
  }
  const own = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) };
  const define = Object.entries(own).map(([key, value]) => [`import.meta.${key}`, JSON.stringify(value)]);
  const absWorkingDir = process.cwd();
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir,
      entryPoints: [path],
      bundle: true,
      write: false,
      // Nothing is written: sources in the map are relative to it.
      outfile: join(dirname(path), 'module.js'),
      sourcemap: 'external',
      metafile: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
      define: Object.fromEntries(define),
      plugins: [outsidePackages(packageRoot)],
    });
    const files = Object.keys(metafile.inputs).map((input) => resolve(absWorkingDir, input));
    const [map, module] = outputFiles.toSorted((a, b) => b.path.length - a.path.length) as [
      OutputFile,
      OutputFile,
    ];
    return { code: module.contents, files, locate: locator(map.text, dirname(path)) };
  } catch (cause) {
    const { errors = [] } = cause as Partial<BuildFailure>;
    if (errors.length === 0) throw cause;
    const lines = errors.map(({ location, text }) =>
      location === null
        ? `${path}: ${text}`
        : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
    );
    throw new UsageError(lines.join('\n'), `Mend the ${what}.`, { cause });
  }
}

function locator(map: string, dir: string): BundledScript['locate'] {
  let parsed: SourceMap | undefined;
  return (stack, name) => {
    const [, line, column] = new RegExp(`${name}:(\\d+):(\\d+)`).exec(stack) ?? [];
    if (line === undefined) return null;
    parsed ??= new SourceMap(JSON.parse(map));
    const found = parsed.findEntry(Number(line) - 1, Number(column) - 1);
    if (!('originalSource' in found)) return null;
    const file = relative(process.cwd(), resolve(dir, found.originalSource));
    return `${file}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  };
}

/** What this package was called before it had a scope. On npm the name is another's, so it never means that here. */
const FORMER_NAME = 'aha';

function renamed(path: string): string {
  const now = PACKAGE_NAME + path.slice(FORMER_NAME.length);
  return `the package '${FORMER_NAME}' is now called '${PACKAGE_NAME}': write from '${now}' in place of from '${path}'`;
}

/** Whether an import names a package or one of its doors. */
function isDoorOf(name: string, path: string): boolean {
  return path === name || path.startsWith(`${name}/`);
}

/** Leaves packages out of the bundle, each by the URL of its file, since a data: module resolves no bare names. */
function outsidePackages(packageRoot: string): Plugin {
  const own = createRequire(join(packageRoot, 'package.json'));
  return {
    name: 'outside-packages',
    setup({ onResolve, resolve: resolveInside }) {
      onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (kind === 'entry-point' || pluginData === 'seen') return undefined;
        if (isDoorOf(PACKAGE_NAME, path)) {
          return { path: pathToFileURL(own.resolve(path)).href, external: true };
        }
        if (isDoorOf(FORMER_NAME, path)) return { errors: [{ text: renamed(path) }] };
        const found = await resolveInside(path, { kind, resolveDir, pluginData: 'seen' });
        if (found.errors.length > 0) return { errors: found.errors };
        return { path: found.external ? found.path : pathToFileURL(found.path).href, external: true };
      });
    },
  };
}
