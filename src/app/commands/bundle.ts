/**
 * @file `aha bundle`: packs this package, Node included, for a Linux machine of the same architecture that has neither
 * Node nor a network. What it must have: Python with torch, g++, tar, and xz or Python's lzma.
 *
 * The bundle is two files: aha.tar.xz and start.sh. start.sh unpacks into a cache once, builds the addon against that
 * machine's torch once, and becomes the `aha` command. With a size of chunks, aha.tar.xz comes as aha.tar.xz.000 …, whose
 * sums start.sh compares; with a run, its chunks lie beside (bundle-run.ts).
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { PACKAGE_ROOT } from '../../../setup/status.mjs';
import { UsageError, UserError } from '../../errors.ts';
import { makeDirectory } from '../../run/atomic.ts';
import { writeChunks } from '../../run/chunks.ts';
import type { Io } from '../cli/io.ts';
import { numberOption } from '../cli/numbers.ts';
import { programCommand, shellCommand } from '../cli/shell.ts';
import type { RunList } from './bundle-run.ts';
import type { UnpackOptions } from './unpack.ts';

/** What of this package travels, where it exists. */
const PARTS = ['bin', 'dist', 'native', 'setup', 'recipes', 'models', 'package.json', 'LICENSE'];
/** What the benchmarks need besides: they import the sources, which tsx compiles as they are loaded. */
const BENCH_PARTS = ['bench', 'src', 'tests/verify', 'tests/reference/models'];

const ARCHIVE = 'aha.tar.xz';
/** Sums of the archive's chunks, as sha256sum writes them. */
const SUMS = 'aha.sums';
const MIB = 2 ** 20;
/** Of a run's chunks, unless another is given. */
const RUN_CHUNK_MIB = 512;

interface Bundled {
  readonly dir: string;
  readonly bytes: number;
}

interface BundleOptions {
  readonly out: string;
  readonly bench?: boolean;
  readonly run?: string;
  /** MiB. */
  readonly chunkSize?: number;
  readonly runOnly?: boolean;
  readonly json?: boolean;
}

/** Adds `aha bundle`. */
export function addBundle(program: Command, io: Io): void {
  program
    .command('bundle')
    .description('pack a folder that runs on a Linux machine without Node and without a network')
    .option('--out <dir>', 'where to put it', 'bundle')
    .option('--bench', 'pack the benchmarks too; there: sh <dir>/start.sh bench <name…>')
    .option(
      '--run <dir>',
      'pack this run too, to go on with there; there: sh <bundle>/start.sh unpack <bundle> <dir>',
    )
    .option('--run-only', 'pack the run without the package')
    .option(
      '--chunk-size <MiB>',
      `size of the files that the package and the run come in (default: the package in one, a run in ${RUN_CHUNK_MIB})`,
      numberOption({ above: 0 }),
    )
    .option('--json', 'print the result as JSON')
    .action((options: BundleOptions) => bundleCommand(options, io));
}

/** Adds `aha unpack`. */
export function addUnpack(program: Command, io: Io): void {
  program
    .command('unpack')
    .description('put a run that aha bundle --run packed together')
    .argument('<bundle>', 'folder with the chunks')
    .argument('[dir]', 'new folder of the run (default: its name)')
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, dir: string | undefined, options: UnpackOptions) => {
      const { unpack } = await import('./unpack.ts');
      await unpack(folder, dir, options, io);
    });
}

async function bundleCommand(options: BundleOptions, io: Io): Promise<void> {
  const { out, bench, run, chunkSize, runOnly = false, json } = options;
  if (runOnly && run === undefined) throw new UsageError('--run-only needs a run', 'Name it with --run.');
  const size = chunkSize === undefined ? undefined : Math.max(1, Math.round(chunkSize * MIB));
  const parts = bench ? [...PARTS, ...BENCH_PARTS] : PARTS;
  // First what may be named wrongly: the package takes a minute to pack.
  const list = run === undefined ? null : await packRun(run, out, size ?? RUN_CHUNK_MIB * MIB, io);
  const packed = runOnly ? { dir: out, bytes: 0 } : await bundle(out, parts, size);
  const runBytes = list?.chunks.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
  const bytes = packed.bytes + runBytes;
  if (json) {
    io.stdout.write(`${JSON.stringify({ dir: out, bytes, ...(list && { run: list }) })}\n`);
    return;
  }
  const command = bench ? 'bench <name…>' : 'run recipes/aha-tiny.ts';
  const unpack = ['unpack', out, list?.run ?? ''];
  const there = list === null ? command : shellCommand(unpack);
  const said = runOnly ? programCommand(unpack) : `sh ${out}/start.sh ${there}`;
  io.stdout.write(`${out}: ${(bytes / MIB).toFixed(1)} MiB. There: ${said}\n`);
}

async function packRun(run: string, out: string, size: number, { stderr }: Io): Promise<RunList> {
  const { bundleRun } = await import('./bundle-run.ts');
  return bundleRun(run, out, size, stderr);
}

/**
 * Writes the bundle of these parts into `out`, replacing one that was there.
 * @param size - of a chunk in bytes; one file unless given
 */
async function bundle(out: string, parts: readonly string[], size?: number): Promise<Bundled> {
  makeDirectory(out);
  const staging = await mkdtemp(join(tmpdir(), 'aha-bundle-'));
  try {
    await stage(staging, parts);
    for (const name of await readdir(out)) {
      if (name.startsWith(ARCHIVE) || name === SUMS) await rm(join(out, name));
    }
    const archive = join(out, ARCHIVE);
    await pack(staging, `${archive}.tmp`);
    const id = await shortHash(`${archive}.tmp`);
    const { size: bytes } = await stat(`${archive}.tmp`);
    if (size === undefined) await rename(`${archive}.tmp`, archive);
    else await split(`${archive}.tmp`, out, size);
    await writeFile(join(out, 'start.sh'), startScript(id));
    await chmod(join(out, 'start.sh'), 0o755);
    return { dir: out, bytes };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Writes the archive in chunks, with their sums. */
async function split(archive: string, out: string, size: number): Promise<void> {
  const chunks = await writeChunks(createReadStream(archive), out, ARCHIVE, size);
  await rm(archive);
  await writeFile(join(out, SUMS), chunks.map(({ sha256, file }) => `${sha256}  ${file}\n`).join(''));
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
  if [ -f "$here/${SUMS}" ]; then
    (cd "$here" && sha256sum -c --quiet ${SUMS}) >&2 || { echo "Copy the files named here again." >&2; exit 1; }
  fi
  # The chunks in the order of their sums, which is not that of their names beyond .999.
  archive() { if [ -f ${SUMS} ]; then cut -c67- ${SUMS} | xargs cat; else cat ${ARCHIVE}; fi; }
  fresh=$(mktemp -d "$cache/unpack.XXXXXX")
  if command -v xz >/dev/null 2>&1; then
    (cd "$here" && archive) | tar -xJ -C "$fresh"
  else
    (cd "$here" && archive) | python3 -c 'import sys, tarfile; tarfile.open(fileobj=sys.stdin.buffer, mode="r|xz").extractall(sys.argv[1])' "$fresh"
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
