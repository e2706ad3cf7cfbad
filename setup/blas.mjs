/**
 * @file The BLAS of the libtorch in use. The reference BLAS is tens of times slower than
 * OpenBLAS, and OpenBLAS built on pthreads keeps a second set of threads beside OpenMP's.
 */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { debianTriple, PLATFORM } from './platform.mjs';
import { capture } from './report.mjs';

/**
 * @typedef {object} Blas
 * @property {string} name - e.g. `OpenBLAS (OpenMP)`
 * @property {string | null} path - the library's file, null where it is inside libtorch
 * @property {boolean} good
 * @property {string | null} remedy - what to do when it is not a good one
 */

const INSTALL = 'apt-get install libopenblas0-openmp';

/**
 * @param {string} libDir - torch's library directory
 * @returns {Promise<Blas>}
 */
export async function findBlas(libDir) {
  const libraries = await findBlasLibraries(libDir);
  if (libraries === null) return { name: 'unknown (ldd failed)', path: null, good: true, remedy: null };
  const [first] = [/libblas\.so/, /libopenblas/].flatMap((name) =>
    libraries.filter((path) => name.test(path)),
  );
  return first === undefined
    ? { name: 'inside libtorch', path: null, good: true, remedy: null }
    : describeBlas(realpathSync(first));
}

/**
 * The BLAS libraries that torch loads, by the paths the loader finds them by: the interface, and what is behind it.
 * @param {string} libDir - torch's library directory
 * @returns {Promise<string[] | null>} empty where the BLAS is inside libtorch; null where ldd fails
 */
export async function findBlasLibraries(libDir) {
  // On macOS it is the system's Accelerate, which ldd would not name either.
  if (PLATFORM.os === 'darwin') return [];
  const { code, stdout } = await capture('ldd', [join(libDir, 'libtorch_cpu.so')]);
  if (code !== 0) return null;
  return [...stdout.matchAll(/lib(?:open)?blas[^ ]* => (\/[^ ]+)/g)].map(([, path]) => path ?? '');
}

/**
 * @param {string} path - the library with links resolved; Debian names the flavour in its directory
 * @returns {Blas}
 */
export function describeBlas(path) {
  if (path.includes('openblas-openmp')) return { name: 'OpenBLAS (OpenMP)', path, good: true, remedy: null };
  if (path.includes('openblas-pthread')) {
    const remedy = `Its threads compete with OpenMP's: ${INSTALL}, then update-alternatives --config libblas.so.3-${debianTriple(PLATFORM)}`;
    return { name: 'OpenBLAS (pthreads)', path, good: false, remedy };
  }
  if (path.includes('openblas')) return { name: 'OpenBLAS', path, good: true, remedy: null };
  if (path.includes('mkl')) return { name: 'MKL', path, good: true, remedy: null };
  return { name: 'reference BLAS (slow)', path, good: false, remedy: INSTALL };
}
