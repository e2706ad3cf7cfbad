/**
 * @file What differs between operating systems when the addon is built: names of libraries, compilers and their flags.
 *
 * Linux on x86-64 is what this package is tested on. Linux on arm64 and macOS on arm64 follow the conventions of their
 * compilers and of pip's torch, and were never run.
 */

/**
 * @typedef {object} Platform
 * @property {string} os - as `process.platform`
 * @property {string} arch - as `process.arch`
 */

/** @type {Platform} */
export const PLATFORM = { os: process.platform, arch: process.arch };

/** Directories below lib/ in which Debian keeps an architecture's libraries. */
const TRIPLES = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** Debian's name of an architecture, as in /usr/lib/x86_64-linux-gnu. @param {Platform} platform */
export function debianTriple({ arch }) {
  return TRIPLES[/** @type {keyof typeof TRIPLES} */ (arch)] ?? `${arch}-linux-gnu`;
}

/**
 * Why the addon cannot be built here; null where it can.
 * @param {Platform} platform
 * @returns {string | null}
 */
export function whyUnsupported({ os, arch }) {
  if (os === 'linux') return null;
  if (os === 'darwin' && arch === 'arm64') return null;
  return `${os} on ${arch} is not supported.`;
}

/** The file name of a library. @param {string} name @param {Platform} platform */
export function libraryFile(name, { os }) {
  return os === 'darwin' ? `lib${name}.dylib` : `lib${name}.so`;
}

/** The compiler to call unless CXX names another. @param {Platform} platform */
export function usualCompiler({ os }) {
  return os === 'darwin' ? 'clang++' : 'g++';
}

/**
 * Flags of every compilation that depend on the platform.
 * @param {{ cxx11Abi: boolean }} torch
 * @param {Platform} platform
 * @returns {string[]}
 */
export function compileFlags({ cxx11Abi }, { os }) {
  // Only libstdc++ has two forms of std::string; macOS has libc++, whose code is position-independent anyway.
  return os === 'darwin' ? [] : ['-fPIC', `-D_GLIBCXX_USE_CXX11_ABI=${cxx11Abi ? 1 : 0}`];
}

/**
 * Flags that make a library which Node loads.
 * @param {Platform} platform
 * @returns {string[]}
 */
export function addonFlags({ os }) {
  // The names of Node-API are in the program that loads the addon; macOS's linker has to be told so.
  return os === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
}

/**
 * Flags that link libtorch's libraries, found again at run time where they are now.
 * @param {{ libDir: string, cuda: boolean }} torch
 * @param {Platform} platform
 * @returns {string[]}
 */
export function linkFlags({ libDir, cuda }, { os }) {
  const libraries = ['torch', 'torch_cpu', 'c10', ...(cuda ? ['torch_cuda', 'c10_cuda'] : [])];
  return [
    `-L${libDir}`,
    `-Wl,-rpath,${libDir}`,
    // Operators register themselves when a library loads: none may be dropped for having no referenced symbol. macOS's
    // linker drops none unless told to.
    ...(os === 'darwin' ? [] : ['-Wl,--no-as-needed']),
    ...libraries.map((name) => `-l${name}`),
  ];
}
