/**
 * @file A program that names the kernel OpenBLAS uses in this process, times a matrix product, and compares products
 * of many shapes with a plain loop. It runs in a process of its own: a kernel for another processor ends it by a signal.
 *
 *   node setup/products.mjs <addon> [check]
 *
 * Prints JSON: `{ kernel, gflops, wrong }`.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';

/**
 * @typedef {object} Addon - what of the addon is used here; tensors are numbers
 * @property {() => string | null} blasKernel
 * @property {(name: string) => number} operator
 * @property {(operator: number, ...args: number[]) => number} call
 * @property {(data: Float32Array | Float64Array, dtype: string, shape: number[], device: string) => number} fromData
 * @property {(tensor: number) => ArrayBuffer} toData
 * @property {(tensor: number) => void} release
 * @property {(count: number) => void} setThreads
 */

/**
 * @typedef {object} Products
 * @property {string | null} kernel - as OpenBLAS names it; null where libtorch has another BLAS
 * @property {number} gflops - 10⁹ operations of a float32 product in a second of CPU time, on one thread
 * @property {string[]} wrong - products that differ from the plain loop's
 */

/** @typedef {readonly [m: number, k: number, n: number]} Shape - of A [m, k] and B [k, n] */

/** Kernels treat the edges of blocks apart; some have separate ones for small matrices. */
const EDGES = [1, 2, 3, 7, 8, 9, 16, 17, 33, 65];
/** @type {Shape[]} */
const SMALL = EDGES.flatMap((m) => EDGES.flatMap((k) => EDGES.map((n) => /** @type {Shape} */ ([m, k, n]))));
/** More than one block of every kernel in each direction; these are divided among threads.
 * @type {Shape[]} */
const LARGE = [
  [127, 129, 131],
  [255, 1031, 64],
  [701, 1031, 389],
  [5, 65, 40_009],
  [40_009, 65, 5],
];

const DTYPES = /** @type {const} */ ({ float32: Float32Array, float64: Float64Array });
/** Names of mistakes beyond this many say nothing new. */
const ENOUGH = 5;

/** @param {Addon} addon @returns {string[]} what is wrong, the first few of it */
function check(addon) {
  const small = compare(addon, SMALL, [1]);
  return small.length > 0 ? small : compare(addon, LARGE, [...new Set([1, 2, 3, availableParallelism()])]);
}

/**
 * Compares products with a plain loop: both precisions, all transposes, with and without an addend, threads as given.
 * The entries are small whole numbers, so that every order of summation gives the same sum and results must be equal.
 * @param {Addon} addon
 * @param {readonly Shape[]} shapes
 * @param {readonly number[]} threads
 * @returns {string[]} what differs
 */
function compare(addon, shapes, threads) {
  const mm = addon.operator('aten::mm');
  const addmm = addon.operator('aten::addmm');
  const t = addon.operator('aten::t');
  /** @type {string[]} */
  const wrong = [];
  for (const [m, k, n] of shapes) {
    const [a, b, c] = [wholeNumbers(m * k), wholeNumbers(k * n), wholeNumbers(m * n)];
    const product = multiply(a, b, [m, k, n]);
    const sum = product.map((value, i) => value + (c[i] ?? 0));
    for (const [dtype, Floats] of Object.entries(DTYPES)) {
      const tensor = (/** @type {Float64Array} */ data, /** @type {number[]} */ shape) =>
        addon.fromData(Floats.from(data), dtype, shape, 'cpu');
      const addend = tensor(c, [m, n]);
      const lefts = [tensor(a, [m, k]), addon.call(t, tensor(transpose(a, m, k), [k, m]))];
      const rights = [tensor(b, [k, n]), addon.call(t, tensor(transpose(b, k, n), [n, k]))];
      for (const count of threads) {
        addon.setThreads(count);
        for (const [i, left] of lefts.entries()) {
          for (const [j, right] of rights.entries()) {
            const name = `${dtype} [${m}, ${k}]${i ? 'ᵀ' : ''} × [${k}, ${n}]${j ? 'ᵀ' : ''}, ${count} threads`;
            const results = [addon.call(mm, left, right), addon.call(addmm, addend, left, right)];
            const isRight = [product, sum].every((expected, which) =>
              areEqual(expected, new Floats(addon.toData(results[which] ?? 0))),
            );
            if (!isRight) wrong.push(name);
            for (const result of results) addon.release(result);
            if (wrong.length === ENOUGH) return wrong;
          }
        }
      }
      for (const each of [addend, ...lefts, ...rights]) addon.release(each);
    }
  }
  return wrong;
}

/** @param {Float64Array} expected @param {Float32Array | Float64Array} found */
function areEqual(expected, found) {
  for (let i = 0; i < expected.length; i++) if (expected[i] !== found[i]) return false;
  return expected.length === found.length;
}

let state = 1;
/** Whole numbers from -15 to 15: sums of 40,000 products of two stay exact in float32.
 * @param {number} count */
function wholeNumbers(count) {
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state >>> 16) % 31) - 15;
  });
}

/** @param {Float64Array} a @param {Float64Array} b @param {Shape} shape @returns {Float64Array} A B */
function multiply(a, b, [m, k, n]) {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const left = a[i * k + p] ?? 0;
      for (let j = 0; j < n; j++) c[i * n + j] = (c[i * n + j] ?? 0) + left * (b[p * n + j] ?? 0);
    }
  }
  return c;
}

/** @param {Float64Array} a @param {number} rows @param {number} columns */
function transpose(a, rows, columns) {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = a[i * columns + j] ?? 0;
  return result;
}

/**
 * 10⁹ operations a second of CPU time, which other programs take little from: the best of several products of two
 * 768 × 768 matrices, on one thread.
 * @param {Addon} addon
 */
function measure(addon) {
  const size = 768;
  addon.setThreads(1);
  const matrix = addon.fromData(new Float32Array(size * size).fill(1), 'float32', [size, size], 'cpu');
  const mm = addon.operator('aten::mm');
  let best = Infinity;
  for (let i = 0; i < 8; i++) {
    const start = process.cpuUsage();
    const result = addon.call(mm, matrix, matrix);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, user + system);
    addon.release(result);
  }
  addon.release(matrix);
  return (2 * size ** 3) / (best * 1e3);
}

const [, , path = '', task] = process.argv;
/** @type {Addon} */
const addon = createRequire(import.meta.url)(path);
const wrong = task === 'check' ? check(addon) : [];
/** @type {Products} */
const products = { kernel: addon.blasKernel(), gflops: Math.round(measure(addon) * 10) / 10, wrong };
process.stdout.write(`${JSON.stringify(products)}\n`);
