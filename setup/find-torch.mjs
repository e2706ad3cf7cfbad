/**
 * @file Finds libtorch: AHA_TORCH if set, else the active Python's torch, else the system's (libtorch-dev).
 *
 * Torch is never imported or loaded here: the directory is read. Version, CUDA and string ABI come from its files.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { debianTriple, libraryFile, PLATFORM } from './platform.mjs';
import { capture, EXIT_MISSING, SetupError } from './report.mjs';

/**
 * @typedef {object} Torch
 * @property {string} version - e.g. `2.11.0+cu130`
 * @property {string} dir - the prefix that holds include/ and lib/
 * @property {'AHA_TORCH' | 'python' | 'system'} source
 * @property {string[]} includeDirs - to pass to the compiler; the compiler's own /usr/include is not among them
 * @property {string} libDir
 * @property {boolean} cuda - whether this is a CUDA build
 * @property {boolean} cxx11Abi - whether std::string is the C++11 one in its interface
 * @property {17 | 20} standard - the C++ standard its headers ask for
 */

/** @typedef {{ torch: Torch | null, rejected: string[] }} Search - what was found, and why others were not taken */

/**
 * Looks for libtorch in the documented order.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Search>}
 * @throws {SetupError} when AHA_TORCH is set and is not a usable libtorch: a wish is never silently replaced
 */
export async function findTorch(env = process.env) {
  if (env.AHA_TORCH) {
    const found = describeTorch(resolve(env.AHA_TORCH), 'AHA_TORCH');
    if (typeof found !== 'string') return { torch: found, rejected: [] };
    const remedy = `Set it to a directory with include/torch and lib/${libraryFile('torch', PLATFORM)} (an unpacked libtorch, or site-packages/torch), or unset it.`;
    throw new SetupError(`AHA_TORCH: ${found}`, remedy, EXIT_MISSING);
  }
  /** @type {string[]} */
  const rejected = [];
  const python = await pythonTorch(env);
  for (const [dir, source] of [
    [python, 'python'],
    ['/usr', 'system'],
    ['/usr/local', 'system'],
  ]) {
    if (dir === null || dir === undefined) continue;
    const found = describeTorch(dir, source === 'python' ? 'python' : 'system');
    if (typeof found !== 'string') return { torch: found, rejected };
    rejected.push(found);
  }
  return { torch: null, rejected };
}

/**
 * Directory of the active Python's torch package, found without importing it.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | null>}
 */
async function pythonTorch(env) {
  const script =
    'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s and s.submodule_search_locations else "")';
  for (const python of ['python3', 'python']) {
    const { code, stdout } = await capture(python, ['-c', script], { env, cwd: '/' });
    if (code === 0) return stdout.trim() || null;
  }
  return null;
}

/**
 * Reads what a torch directory holds.
 * @param {string} dir - prefix: a libtorch or torch package directory, or /usr
 * @param {Torch['source']} source
 * @param {import('./platform.mjs').Platform} [platform]
 * @returns {Torch | string} or why it does not serve
 */
export function describeTorch(dir, source, platform = PLATFORM) {
  const api = join(dir, 'include/torch/csrc/api/include');
  const file = (/** @type {string} */ name) => libraryFile(name, platform);
  const libDir = ['lib', join('lib', debianTriple(platform)), 'lib64']
    .map((name) => join(dir, name))
    .find((path) => existsSync(join(path, file('torch'))) && existsSync(join(path, file('torch_cpu'))));
  if (!existsSync(join(api, 'torch/all.h'))) {
    const debian = dir.includes('/dist-packages/') ? " (Debian's come with libtorch-dev)" : '';
    return `${dir} has no C++ headers (include/torch/csrc/api/include/torch/all.h)${debian}`;
  }
  if (libDir === undefined) return `${dir} has no lib/${file('torch')}`;
  const version = readVersion(dir, api);
  if (version === null) return `${dir} does not say its version (version.py, build-version, torch/version.h)`;
  if (isOlder(version, 1, 13)) return `${dir} is torch ${version}; 1.13 or newer is needed`;
  const include = join(dir, 'include');
  return {
    version,
    dir,
    source,
    includeDirs: include === '/usr/include' ? [api] : [include, api],
    libDir,
    cuda: existsSync(join(libDir, file('torch_cuda'))),
    cxx11Abi: hasCxx11Abi(join(libDir, file('c10'))),
    standard: readFileSync(join(api, 'torch/all.h'), 'utf8').includes('202002L') ? 20 : 17,
  };
}

/** @param {string} dir @param {string} api @returns {string | null} */
function readVersion(dir, api) {
  /** @type {[string, RegExp][]} */
  const places = [
    [join(dir, 'version.py'), /__version__ = '([^']+)'/],
    [join(dir, 'build-version'), /^(\S+)/],
    [join(api, 'torch/version.h'), /TORCH_VERSION\s*\\?\s*"([^"]+)"/],
    [join(dir, 'include/torch/headeronly/version.h'), /TORCH_VERSION\s*\\?\s*"([^"]+)"/],
  ];
  for (const [path, pattern] of places) {
    const found = existsSync(path) ? pattern.exec(readFileSync(path, 'utf8')) : null;
    if (found?.[1]) return found[1];
  }
  return null;
}

/** @param {string} version @param {number} major @param {number} minor */
function isOlder(version, major, minor) {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return a < major || (a === major && b < minor);
}

/**
 * The constructor `c10::Error(SourceLocation, std::string)` is named by the std::string it takes.
 * @param {string} libc10
 */
function hasCxx11Abi(libc10) {
  return !readFileSync(libc10).includes('_ZN3c105ErrorC2ENS_14SourceLocationESs');
}

/**
 * Directories with the CUDA headers, when they are all there: those of the packages pip installs beside torch (triton
 * carries the compiler's own ones, crt/, which the runtime's headers include), else the toolkit's.
 * @param {Torch} torch
 * @returns {string[]}
 */
export function cudaIncludeDirs(torch) {
  const site = dirname(torch.dir);
  const major = /\+cu(\d\d)/.exec(torch.version)?.[1] ?? '13';
  const parts = [
    `cu${major}`,
    'cuda_runtime',
    'cuda_nvcc',
    'cuda_cccl',
    'cublas',
    'cusparse',
    'cusolver',
    'nccl',
    'cudnn',
  ];
  const beside = parts.map((name) => join(site, 'nvidia', name, 'include'));
  // CUDA 13 has the headers of CCCL, nv/ among them, in a folder of their own.
  const withCccl = [...beside, '/usr/local/cuda/include'].flatMap((path) => [path, join(path, 'cccl')]);
  const places = [...withCccl, join(site, 'triton/backends/nvidia/include')].filter((path) =>
    existsSync(path),
  );
  const complete = CUDA_HEADERS.every((header) => places.some((path) => existsSync(join(path, header))));
  return complete ? places : [];
}

/** What torch's own CUDA headers include. */
const CUDA_HEADERS = [
  'cuda_runtime_api.h',
  'crt/host_defines.h',
  'cusparse.h',
  'cublas_v2.h',
  'cusolverDn.h',
  'nv/target',
];
