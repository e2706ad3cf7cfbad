/**
 * @file Chooses OpenBLAS's kernel for this machine and checks it, in processes of their own: a kernel for another
 * processor ends its process, and some builds of OpenBLAS multiply wrongly with some kernels.
 */
import { fileURLToPath } from 'node:url';
import { findBlasLibraries } from './blas.mjs';
import { readVerdict, verdictFile, writeVerdict } from './kernel-verdict.mjs';
import { coreTypeFor, isBehind, readProcessor } from './processor.mjs';
import { capture, ROOT, say } from './report.mjs';

/** @typedef {import('./find-torch.mjs').Torch} Torch */
/** @typedef {import('./kernel-verdict.mjs').Verdict} Verdict */
/** @typedef {import('./products.mjs').Products} Products */
/** @typedef {Products | { failure: string }} Outcome - what products.mjs printed, or how it ended */
/** @typedef {(coreType: string | null, task: 'measure' | 'check') => Promise<Outcome>} Probe - null: OpenBLAS chooses */

const PRODUCTS = fileURLToPath(new URL('./products.mjs', import.meta.url));

/** A check takes seconds; on a machine busy with other work, minutes. */
const LIMIT_MS = 300_000;

/** Another kernel must be faster by this much. */
const WORTHWHILE = 1.2;

/**
 * Makes the verdict on this machine's kernel unless it is kept and still valid.
 * @param {{ addon: string, torch: Torch }} built
 */
export async function checkKernel({ addon, torch }) {
  const processor = readProcessor();
  const file = verdictFile(ROOT, processor, torch);
  if (readVerdict(file) !== null) return;
  const libraries = await findBlasLibraries(torch.libDir);
  const verdict = await judgeKernels(coreTypeFor(processor), probeOf(addon));
  writeVerdict(file, verdict, libraries ?? []);
  say(`matrix products: ${verdict.why}`);
}

/**
 * Decides which core type to use.
 * @param {string | null} wanted - the one that suits the processor
 * @param {Probe} probe
 * @returns {Promise<Verdict>}
 */
export async function judgeKernels(wanted, probe) {
  const own = await probe(null, 'measure');
  if ('failure' in own) return keep(null, `OpenBLAS was not asked: the measurement ${own.failure}`);
  const { kernel, gflops } = own;
  if (kernel === null) return keep(null, 'libtorch has no OpenBLAS; its BLAS chooses its kernels itself');
  const measured = { kernel, gflops };
  const itself = `OpenBLAS chooses ${kernel} by itself`;
  if (wanted === null) return keep(measured, itself);
  if (!isBehind(kernel, wanted)) return keep(measured, `${itself}, which suits the processor`);
  const other = await probe(wanted, 'check');
  if ('failure' in other)
    return keep(measured, `${itself}; ${wanted} is not used: its check ${other.failure}`);
  if (other.kernel !== wanted) return keep(measured, `${itself}; this OpenBLAS has no ${wanted}`);
  if (other.wrong.length > 0) {
    return keep(measured, `${itself}; ${wanted} is not used: wrong product ${other.wrong[0]}`);
  }
  const ratio = other.gflops / gflops;
  if (ratio < WORTHWHILE) return keep(measured, `${itself}; ${wanted} is not faster (${ratio.toFixed(2)} ×)`);
  const why = `${wanted} instead of ${kernel}, which OpenBLAS chooses: checked, ${ratio.toFixed(1)} times as fast`;
  return { coreType: wanted, why, own: measured, chosen: { kernel: wanted, gflops: other.gflops } };
}

/** @param {Verdict['own']} own @param {string} why @returns {Verdict} */
function keep(own, why) {
  return { coreType: null, why, own, chosen: null };
}

/**
 * Runs products.mjs with an addon.
 * @param {string} addon - its file
 * @param {{ program?: string, limitMs?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Probe}
 */
export function probeOf(addon, { program = PRODUCTS, limitMs = LIMIT_MS, env = process.env } = {}) {
  return async (coreType, task) => {
    const { OPENBLAS_CORETYPE: _, ...rest } = env;
    const own = { OMP_WAIT_POLICY: 'PASSIVE', ...rest };
    const outcome = await capture(process.execPath, [program, addon, task], {
      env: coreType === null ? own : { ...own, OPENBLAS_CORETYPE: coreType },
      timeoutMs: limitMs,
    });
    if (outcome.timedOut) return { failure: `did not end within ${limitMs / 1000} s` };
    if (outcome.signal !== null) return { failure: `was ended by ${outcome.signal}` };
    if (outcome.code !== 0) return { failure: `ended with status ${outcome.code}` };
    return /** @type {Products} */ (JSON.parse(outcome.stdout));
  };
}
