/**
 * @file What the collectives of the addon are compiled with: the headers of Gloo and NCCL, which libtorch's own headers
 * include and do not bring along. Without them the addon is built all the same, and a run has one rank.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installOptional } from './optional-packages.mjs';
import { ROOT } from './report.mjs';

/** @typedef {import('./find-torch.mjs').Torch} Torch */

const TRIED = join(ROOT, 'build', 'gloo.tried');
/** Where the compiler looks by itself. */
const SYSTEM = ['/usr/include', '/usr/local/include'];

/** The one file of translation units that includes them. */
export const COLLECTIVES = 'process-group.cc';

/**
 * Installs the headers of Gloo where this torch brings none and apt has them, or says what to do.
 * @param {Torch} torch
 */
export async function installGloo(torch) {
  const missing = () => (hasGloo(torch) ? [] : ['libgloo-dev']);
  await installOptional({ missing, without: 'so a run has one rank (aha run --nproc)', tried: TRIED });
}

/**
 * Flags that compile the backends whose headers are there.
 * @param {Torch} torch
 * @param {readonly string[]} cudaDirs - directories of CUDA's headers; empty where the addon is built without CUDA
 * @param {readonly string[]} [system] - directories that the compiler searches by itself
 * @returns {string[]}
 */
export function collectiveFlags(torch, cudaDirs, system = SYSTEM) {
  if (!hasC10d(torch, system)) return [];
  const nccl = cudaDirs.length > 0 && isIn('nccl.h', [...cudaDirs, ...system]);
  return [...(hasGloo(torch, system) ? ['-DUSE_C10D_GLOO'] : []), ...(nccl ? ['-DUSE_C10D_NCCL'] : [])];
}

/** @param {Torch} torch @param {readonly string[]} [system] */
function hasGloo(torch, system = SYSTEM) {
  return isIn('gloo/context.h', [...torch.includeDirs, ...system]);
}

/** A torch built without distribution has no headers of c10d. @param {Torch} torch @param {readonly string[]} system */
function hasC10d(torch, system) {
  return isIn('torch/csrc/distributed/c10d/TCPStore.hpp', [...torch.includeDirs, ...system]);
}

/** @param {string} header @param {readonly string[]} directories */
function isIn(header, directories) {
  return directories.some((directory) => existsSync(join(directory, header)));
}
