/**
 * @file Interface of the set-up for the program; typed by status.d.mts, since dist/ is compiled without setup/.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findBlas } from './blas.mjs';
import { currentAddon, planAddon } from './build-addon.mjs';
import { probeOf } from './check-kernel.mjs';
import { distIsCurrent } from './compile.mjs';
import { findTorch } from './find-torch.mjs';
import { pageIsCurrent } from './page.mjs';
import { coreTypeFor, isBehind, readProcessor } from './processor.mjs';
import { programName } from './program-name.mjs';
import { ROOT, SetupError } from './report.mjs';
import { compilerVersion } from './system-packages.mjs';
import { applyThreadPolicy } from './threads.mjs';

export { currentAddon } from './build-addon.mjs';
export { programName } from './program-name.mjs';
export { SetupError, sayOn } from './report.mjs';
export { COMPILER } from './system-packages.mjs';
export { applyThreadPolicy } from './threads.mjs';
export const PACKAGE_ROOT = ROOT;
export const SETUP_COMMAND = existsSync(join(ROOT, 'tsconfig.build.json'))
  ? 'npm run setup'
  : `${programName()} setup`;

/** Loaded when it is called: every start of the program loads this file. @type {typeof import('./status.d.mts').setUp} */
export async function setUp() {
  return (await import('./set-up.mjs')).setUp();
}

/** @type {typeof import('./status.d.mts').setupStatus} */
export async function setupStatus() {
  const { torch, rejected } = await findTorch().catch((error) => {
    if (!(error instanceof SetupError)) throw error;
    return { torch: null, rejected: [error.message] };
  });
  const compiler = await compilerVersion();
  const current = currentAddon();
  const wanted = torch && compiler ? planAddon(torch, compiler).addon : null;
  return {
    torch,
    rejected,
    compiler,
    addon: current === null ? 'missing' : wanted === null || wanted === current.path ? 'fresh' : 'stale',
    current,
    dist: distIsCurrent() && pageIsCurrent() ? 'fresh' : 'stale',
    blas: torch === null ? null : await findBlas(torch.libDir),
  };
}

/** @type {typeof import('./status.d.mts').measureKernel} */
export async function measureKernel() {
  const addon = currentAddon();
  if (addon === null) return null;
  const { coreType } = applyThreadPolicy();
  const outcome = await probeOf(addon.path)(coreType.value, 'measure');
  if ('failure' in outcome) return { failure: outcome.failure, coreType };
  const { kernel, gflops } = outcome;
  const wanted = coreTypeFor(readProcessor());
  const isSlow = kernel !== null && wanted !== null && isBehind(kernel, wanted);
  return { kernel, gflops, coreType, better: isSlow ? wanted : null };
}
