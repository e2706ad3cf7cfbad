/**
 * @file The kept verdict on OpenBLAS's kernel: whether another than its own choice is to be used on this machine.
 *
 * build/kernels/<key>.json holds one verdict for a processor and a torch. It is valid while the BLAS libraries are the
 * files that were checked. Reading it starts no process: every start of the program does.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {import('./processor.mjs').Processor} Processor */

/**
 * @typedef {object} Library - a file as it was when it was checked
 * @property {string} link - the path the loader finds it by
 * @property {string} path - with links resolved
 * @property {number} size - in bytes
 * @property {number} mtimeMs
 */

/** @typedef {{ kernel: string, gflops: number }} Measured - a kernel, and its 10⁹ operations a second of CPU time */

/**
 * @typedef {object} Verdict
 * @property {string | null} coreType - the value for OPENBLAS_CORETYPE; null: OpenBLAS's own choice stays
 * @property {string} why - one line
 * @property {Measured | null} own - what OpenBLAS chooses by itself; null where libtorch has another BLAS
 * @property {Measured | null} chosen - what `coreType` gives; null where that is null
 */

/** @typedef {Verdict & { libraries: Library[] }} Kept */

/**
 * Where the verdict for a processor and a torch is kept.
 * @param {string} root - the package
 * @param {Processor | null} processor
 * @param {{ version: string, dir: string }} torch
 */
export function verdictFile(root, processor, torch) {
  const { vendor, model, flags } = processor ?? { vendor: process.arch, model: '', flags: [] };
  const hash = createHash('sha256').update(JSON.stringify([vendor, model, flags, torch.version, torch.dir]));
  return join(root, 'build', 'kernels', `${hash.digest('hex').slice(0, 16)}.json`);
}

/**
 * The verdict in a file.
 * @param {string} file
 * @returns {Verdict | null} null where there is none, or the libraries are others by now
 */
export function readVerdict(file) {
  try {
    /** @type {Kept} */
    const { libraries, ...verdict } = JSON.parse(readFileSync(file, 'utf8'));
    const now = describeLibraries(libraries.map(({ link }) => link));
    return JSON.stringify(now) === JSON.stringify(libraries) ? verdict : null;
  } catch {
    return null;
  }
}

/**
 * Keeps a verdict.
 * @param {string} file
 * @param {Verdict} verdict
 * @param {readonly string[]} links - the BLAS libraries, by the paths the loader finds them by
 */
export function writeVerdict(file, verdict, links) {
  mkdirSync(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.tmp`;
  writeFileSync(partial, `${JSON.stringify({ ...verdict, libraries: describeLibraries(links) }, null, 2)}\n`);
  renameSync(partial, file);
}

/** @param {readonly string[]} links @returns {Library[]} */
function describeLibraries(links) {
  return links.map((link) => {
    const path = realpathSync(link);
    const { size, mtimeMs } = statSync(path);
    return { link, path, size, mtimeMs };
  });
}
