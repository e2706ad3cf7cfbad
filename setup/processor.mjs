/**
 * @file The processor, and the kernels of OpenBLAS that suit it.
 *
 * OpenBLAS chooses a kernel ("core type") from a list of processor models. A processor newer than the library is not
 * in that list and gets a kernel with SSE3 alone, several times slower than what it could do. Its flags say better.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/**
 * @typedef {object} Processor
 * @property {string} vendor - e.g. `GenuineIntel`
 * @property {string} model - its name, as Linux gives it
 * @property {readonly string[]} flags - instruction sets, e.g. `avx2`
 */

/** The first processor's entry is shorter than this; the whole file takes long to make on many cores. */
const ENTRY_BYTES = 8192;

/**
 * The first processor that Linux lists.
 * @param {string} [path]
 * @returns {Processor | null} null where the file is missing or names no flags, as on ARM
 */
export function readProcessor(path = '/proc/cpuinfo') {
  const text = readStart(path, ENTRY_BYTES);
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1]?.trim();
  const flags = field('flags');
  if (flags === undefined) return null;
  return { vendor: field('vendor_id') ?? '', model: field('model name') ?? '', flags: flags.split(' ') };
}

/** @param {string} path @param {number} bytes @returns {string} empty where the file cannot be read */
function readStart(path, bytes) {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, bytes, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

const AVX512 = ['avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl'];
const AVX2 = ['avx2', 'fma'];
const LIKE_ZEN = ['AuthenticAMD', 'HygonGenuine'];

/**
 * The value of OPENBLAS_CORETYPE with the widest instructions that the flags allow.
 * @param {Processor | null} processor
 * @returns {'SkylakeX' | 'Haswell' | 'Zen' | null} null where there is neither AVX-512 nor AVX2
 */
export function coreTypeFor(processor) {
  if (processor === null) return null;
  const has = (/** @type {readonly string[]} */ flags) =>
    flags.every((flag) => processor.flags.includes(flag));
  if (has(AVX512)) return 'SkylakeX';
  if (has(AVX2)) return LIKE_ZEN.includes(processor.vendor) ? 'Zen' : 'Haswell';
  return null;
}

/** OpenBLAS's kernels for x86 by instruction set: SSE, AVX, AVX2 with FMA, AVX-512. */
const GENERATIONS = [
  'katmai coppermine northwood prescott banias atom core2 penryn dunnington nehalem athlon opteron opteron_sse3 barcelona bobcat nano',
  'sandybridge bulldozer piledriver steamroller',
  'excavator haswell zen',
  'skylakex cooperlake sapphirerapids',
].map((names) => names.split(' '));

/**
 * Whether a kernel leaves instructions unused that another has.
 * @param {string} kernel - as OpenBLAS names it; one not known here, of another architecture or newer, is behind none
 * @param {string} other
 */
export function isBehind(kernel, other) {
  const generation = (/** @type {string} */ name) =>
    GENERATIONS.findIndex((names) => names.includes(name.toLowerCase()));
  return generation(kernel) >= 0 && generation(kernel) < generation(other);
}
