/**
 * @file Packages of npm and PyPI that only the long tests need, installed outside the repository.
 *
 *   const ai7 = await npmPackages({ ai: '7.0.173', zod: '4.6.7' });
 *   describe.skipIf(ai7.missing)(`ai 7${ai7.note}`, () => … a program in ai7.dir imports them …)
 *
 * `npm run test:long` installs them with npm or pip as they are configured on the machine; `npm test` and `npm ci` never
 * do. They are kept under the user's cache directory (`AHA_TEST_CACHE` names another), one directory for each set of
 * packages and versions. Where they cannot be had, the requirement says why.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { LONG } from './long.ts';
import { type Requirement, requirement } from './requirement.ts';

/** Exact versions by name. */
export type Packages = { readonly [name: string]: string };

const MOST_MS = 9 * 60_000;
const CACHE =
  process.env.AHA_TEST_CACHE ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'aha-tests');

export interface NpmPackages extends Requirement {
  /** Where `node_modules` is. A program in this directory imports the packages. */
  readonly dir: string;
}

/** Packages of npm; their install scripts are not run. */
export async function npmPackages(packages: Packages): Promise<NpmPackages> {
  const dir = directoryOf('npm', packages);
  const required = await install(dir, packages, async (target) => {
    await writeFile(path.join(target, 'package.json'), '{ "private": true, "type": "module" }\n');
    const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted], target);
  });
  return { ...required, dir };
}

export interface PythonPackages extends Requirement {
  /** An interpreter that has the packages. */
  readonly python: string;
}

/** Packages of PyPI in a virtual environment of `AHA_TEST_PYTHON`, or of `python3`. */
export async function pythonPackages(packages: Packages): Promise<PythonPackages> {
  const base = process.env.AHA_TEST_PYTHON ?? 'python3';
  const version = spawnSync(base, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const dir = directoryOf(`python ${version}`, packages);
  const required = await install(dir, packages, async (target) => {
    // Moved afterwards, its interpreter works; its scripts do not: call programs with `-m`.
    await run(base, ['-m', 'venv', target], target);
    const wanted = Object.entries(packages).map(([name, of]) => `${name}==${of}`);
    await run(path.join(target, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...wanted], target);
  });
  return { ...required, python: path.join(dir, 'bin', 'python') };
}

/** The newest of the line after the oldest that the package supports. */
export const NODE_22 = '22.23.5';

export interface OtherNode extends Requirement {
  /** The program `node`. */
  readonly node: string;
}

/** A Node of another version, from the packages that the npm package `node` is made of. */
export async function otherNode(version: string): Promise<OtherNode> {
  const name = `node-${process.platform}-${process.arch}`;
  const { dir, ...required } = await npmPackages({ [name]: version });
  return { ...required, node: path.join(dir, 'node_modules', name, 'bin', 'node') };
}

/** One directory for each set of packages: another version is another directory. */
function directoryOf(kind: string, packages: Packages): string {
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify([kind, process.arch, sorted]));
  return path.join(CACHE, hash.digest('hex').slice(0, 16));
}

/** Makes the directory once. It gets its name only when it is complete, so that a broken installation is never used. */
async function install(
  dir: string,
  packages: Packages,
  fill: (target: string) => Promise<void>,
): Promise<Requirement> {
  if (!LONG) return requirement('npm run test:long runs it');
  if (existsSync(dir)) return requirement(null);
  const target = `${dir}.${process.pid}`;
  try {
    await mkdir(target, { recursive: true });
    await fill(target);
    await rename(target, dir).catch((error: unknown) => {
      // Another test file was faster.
      if (!existsSync(dir)) throw error;
    });
    return requirement(null);
  } catch (error) {
    return requirement(`${Object.keys(packages).join(', ')} could not be installed: ${lastLine(error)}`);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(program, args, { cwd, timeout: MOST_MS, maxBuffer: 64 * 1024 * 1024 });
}

/** What an installer says last is why it gave up. */
function lastLine(error: unknown): string {
  const { stderr, message } = error as Error & { readonly stderr?: string };
  const said = stderr?.trim() ? stderr : message;
  return said.trim().split('\n').at(-1)!.slice(0, 200);
}
