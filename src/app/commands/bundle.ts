/**
 * @file `aha bundle`: packs this package, Node included, for a Linux machine of the same architecture that has neither
 * Node nor a network. What it must have: Python with torch, g++, tar, and xz or Python's lzma.
 *
 * The bundle is two files: aha.tar.xz and start.sh. start.sh unpacks into a cache once, builds the addon against that
 * machine's torch once, and becomes the `aha` command.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { UserError } from '../../errors.ts';
import { makeDirectory } from '../../run/atomic.ts';
import type { Io } from '../cli/io.ts';

/** What of this package travels, where it exists. */
const PARTS = ['bin', 'dist', 'native', 'setup', 'recipes', 'models', 'package.json', 'LICENSE'];
/** What the benchmarks need besides: they import the sources, which tsx compiles as they are loaded. */
const BENCH_PARTS = ['bench', 'src', 'tests/verify', 'tests/reference/models'];

interface Bundled {
  readonly dir: string;
  readonly bytes: number;
}

/** Adds `aha bundle`. */
export function addBundle(program: Command, io: Io): void {
  program
    .command('bundle')
    .description('pack a folder that runs on a Linux machine without Node and without a network')
    .option('--out <dir>', 'where to put it', 'bundle')
    .option('--bench', 'pack the benchmarks too; there: sh <dir>/start.sh bench <name…>')
    .option('--json', 'print the result as JSON')
    .action(async ({ out, bench, json }: { out: string; bench?: boolean; json?: boolean }) => {
      const { dir, bytes } = await bundle(out, bench ? [...PARTS, ...BENCH_PARTS] : PARTS);
      const command = bench ? 'bench <name…>' : 'run recipes/aha-tiny.ts';
      const text = `${dir}: ${(bytes / 2 ** 20).toFixed(1)} MiB. There: sh ${dir}/start.sh ${command}\n`;
      io.stdout.write(json ? `${JSON.stringify({ dir, bytes })}\n` : text);
    });
}

/** Writes the bundle of these parts into `out`, replacing one that was there. */
async function bundle(out: string, parts: readonly string[]): Promise<Bundled> {
  makeDirectory(out);
  const staging = await mkdtemp(join(tmpdir(), 'aha-bundle-'));
  try {
    await stage(staging, parts);
    const archive = join(out, 'aha.tar.xz');
    await pack(staging, `${archive}.tmp`);
    await rename(`${archive}.tmp`, archive);
    const id = await shortHash(archive);
    await writeFile(join(out, 'start.sh'), startScript(id));
    await chmod(join(out, 'start.sh'), 0o755);
    return { dir: out, bytes: (await stat(archive)).size };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Puts everything that travels into one directory. */
async function stage(staging: string, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    const from = join(PACKAGE_ROOT, part);
    if (existsSync(from)) await cp(from, join(staging, part), { recursive: true, filter: travels });
  }
  for (const path of await productionPackages()) {
    const from = join(PACKAGE_ROOT, path);
    if (existsSync(from)) await cp(from, join(staging, path), { recursive: true, filter: travels });
  }
  await copyFile(process.execPath, join(staging, 'node'));
}

function travels(path: string): boolean {
  return !/\.(map|tmp|test\.ts)$/.test(path);
}

/** Directories of the packages needed to run, nested ones within their parents, as package-lock.json marks them. */
export async function productionPackages(): Promise<string[]> {
  const path = join(PACKAGE_ROOT, 'package-lock.json');
  if (!existsSync(path)) {
    throw new UserError(
      `${path} is missing`,
      'Bundle from a clone of the repository: the lock says what travels.',
    );
  }
  const { packages } = JSON.parse(await readFile(path, 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(packages)
    .filter(([name, { dev }]) => name !== '' && !dev && !name.slice(1).includes('/node_modules/'))
    .map(([name]) => name);
}

async function pack(from: string, archive: string): Promise<void> {
  const env = { ...process.env, XZ_OPT: '-6 -T0' };
  try {
    await promisify(execFile)('tar', ['--xz', '--owner=0', '--group=0', '-cf', archive, '-C', from, '.'], {
      env,
    });
  } catch (cause) {
    throw new UserError(
      `tar failed: ${(cause as Error).message}`,
      'Needs tar and xz: apt-get install tar xz-utils.',
      { cause },
    );
  }
}

async function shortHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 16);
}

/** The addon's build directory lies outside the unpacked copy, so that a new bundle compiles only what changed. */
export function startScript(id: string): string {
  return `#!/bin/sh
# Unpacks aha once, builds its addon against this machine's torch, and runs: start.sh <command> [arguments]
# A bundle with benchmarks runs them: start.sh bench [name…]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=\${AHA_CACHE:-\${XDG_CACHE_HOME:-\${HOME:-/tmp}/.cache}/aha}
home=$cache/${id}
if [ ! -d "$home" ]; then
  mkdir -p "$cache/build"
  fresh=$(mktemp -d "$cache/unpack.XXXXXX")
  if command -v xz >/dev/null 2>&1; then
    tar -xJf "$here/aha.tar.xz" -C "$fresh"
  else
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/aha.tar.xz" "$fresh"
  fi
  ln -s "$cache/build" "$fresh/build"
  # Another start may have been faster; then its copy is used.
  mv -T "$fresh" "$home" 2>/dev/null || rm -rf "$fresh"
fi
"$home/node" "$home/setup/setup.mjs" >&2
if [ "\${1:-}" = bench ] && [ -d "$home/bench" ]; then
  shift
  exec "$home/node" --import "$home/node_modules/tsx/dist/loader.mjs" "$home/bench/run.ts" "$@"
fi
exec "$home/node" "$home/bin/aha" "$@"
`;
}
