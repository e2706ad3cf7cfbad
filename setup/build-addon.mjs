/**
 * @file Compiles native/src/*.cc against the libtorch that was found, with g++ (clang++ on macOS) and the Node-API
 * headers from npm. Everything is keyed by content: a second start compiles nothing, a changed file compiles alone.
 *
 * build/addon/<key>/aha.node is the addon, build/addon/current.json says which one is in use, by a path within the
 * package: a copy or a moved one uses its own.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, freemem } from 'node:os';
import { basename, isAbsolute, join, relative } from 'node:path';
import { COLLECTIVES, collectiveFlags } from './collectives.mjs';
import { cudaIncludeDirs } from './find-torch.mjs';
import { addonFlags, compileFlags, linkFlags as linkFlagsOf, PLATFORM } from './platform.mjs';
import { must, ROOT, say } from './report.mjs';
import { COMPILER } from './system-packages.mjs';

/** @typedef {import('./find-torch.mjs').Torch} Torch */

/**
 * @typedef {object} Current - build/addon/current.json
 * @property {string} path - the addon: absolute here, relative to the package in the file
 * @property {string} torchVersion
 * @property {string} torchDir
 * @property {Torch['source']} torchSource
 * @property {boolean} cuda - whether the addon was built with CUDA
 * @property {boolean} cxx11Abi
 */

/**
 * @typedef {object} Plan - what to compile, and under which name the result is kept
 * @property {Torch} torch
 * @property {boolean} cuda
 * @property {string[]} flags - for every compilation
 * @property {string[]} linkFlags
 * @property {{ file: string, object: string, flags: string[] }[]} units - each with flags of its own
 * @property {string} addon - where the finished addon belongs
 */

const ADDONS = join(ROOT, 'build', 'addon');
const OBJECTS = join(ADDONS, 'objects');
const CURRENT = join(ADDONS, 'current.json');
const SOURCES = join(ROOT, 'native', 'src');

/** A translation unit that includes torch's headers takes about this much memory. */
const BYTES_PER_COMPILER = 1.5 * 2 ** 30;

/**
 * Works out what the addon for this torch is made of, without compiling.
 * @param {Torch} torch
 * @param {string} compiler - its version
 * @returns {Plan}
 */
export function planAddon(torch, compiler) {
  const cudaDirs = torch.cuda ? cudaIncludeDirs(torch) : [];
  const require = createRequire(import.meta.url);
  const torchFlags = [
    '-O2',
    `-std=c++${torch.standard}`,
    ...compileFlags(torch, PLATFORM),
    ...(cudaDirs.length > 0 ? ['-DAHA_CUDA'] : []),
    ...[...torch.includeDirs, ...cudaDirs].map((dir) => `-isystem${dir}`),
  ];
  // Where this package lies is no part of the key: a copy of it elsewhere may share what was compiled.
  const flags = [...torchFlags, `-isystem${require('node-api-headers').include_dir}`];
  const nodeApi = require('node-api-headers/package.json').version;
  const linkFlags = linkFlagsOf(torch, PLATFORM);
  const names = readdirSync(SOURCES).sort();
  const headers = names.filter((name) => name.endsWith('.h')).map(readSource);
  const common = [torch.version, COMPILER, compiler, nodeApi, ...torchFlags, ...headers];
  const units = names
    .filter((name) => name.endsWith('.cc'))
    .map((name) => {
      const own = name === COLLECTIVES ? collectiveFlags(torch, cudaDirs) : [];
      const object = join(OBJECTS, `${digest([...common, ...own, readSource(name)])}.o`);
      return { file: join(SOURCES, name), object, flags: own };
    });
  const key = digest([...linkFlags, ...units.map((unit) => basename(unit.object))]);
  return { torch, cuda: cudaDirs.length > 0, flags, linkFlags, units, addon: join(ADDONS, key, 'aha.node') };
}

/**
 * Builds the addon if it is not built, and makes it the one in use.
 * @param {Plan} plan
 */
export async function buildAddon(plan) {
  if (!existsSync(plan.addon)) {
    const missing = plan.units.filter((unit) => !existsSync(unit.object));
    say(
      `compiling the addon against torch ${plan.torch.version} (${missing.length} of ${plan.units.length} files)`,
    );
    mkdirSync(OBJECTS, { recursive: true });
    await inParallel(missing, compilerCount(), (unit) => compile(unit, plan));
    await link(plan);
  }
  const text = `${JSON.stringify(describe(plan), null, 2)}\n`;
  if (!existsSync(CURRENT) || readFileSync(CURRENT, 'utf8') !== text) writeWhole(CURRENT, text);
}

/** The addon in use; null when none was built in this directory. @returns {Current | null} */
export function currentAddon() {
  try {
    const current = JSON.parse(readFileSync(CURRENT, 'utf8'));
    // An absolute path is of an older set-up, and leads to the directory that this one was copied from.
    const path = join(ROOT, current.path);
    return !isAbsolute(current.path) && existsSync(path) ? { ...current, path } : null;
  } catch {
    return null;
  }
}

/** @param {Plan} plan @returns {Current} what current.json says */
function describe(plan) {
  return {
    path: relative(ROOT, plan.addon),
    torchVersion: plan.torch.version,
    torchDir: plan.torch.dir,
    torchSource: plan.torch.source,
    cuda: plan.cuda,
    cxx11Abi: plan.torch.cxx11Abi,
  };
}

/** @param {Plan['units'][number]} unit @param {Plan} plan */
async function compile(unit, plan) {
  const partial = `${unit.object}.${process.pid}.tmp`;
  await must(COMPILER, [...plan.flags, ...unit.flags, '-c', unit.file, '-o', partial], {
    remedy: `The addon must compile against any libtorch from 1.13 on; this one is ${plan.torch.version} in ${plan.torch.dir}. Try another with AHA_TORCH=<dir>.`,
  });
  renameSync(partial, unit.object);
}

/** @param {Plan} plan */
async function link(plan) {
  const dir = join(plan.addon, '..');
  mkdirSync(dir, { recursive: true });
  const partial = `${plan.addon}.${process.pid}.tmp`;
  const objects = plan.units.map((unit) => unit.object);
  await must(COMPILER, [...addonFlags(PLATFORM), ...objects, ...plan.linkFlags, '-o', partial], {
    remedy: `The libraries are taken from ${plan.torch.libDir}.`,
  });
  renameSync(partial, plan.addon);
}

/** As many compilers as there are cores, and memory for. */
function compilerCount() {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / BYTES_PER_COMPILER)));
}

/**
 * @template T
 * @param {readonly T[]} items
 * @param {number} width
 * @param {(item: T) => Promise<void>} work
 */
async function inParallel(items, width, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** @param {string} path @param {string} text */
function writeWhole(path, text) {
  const partial = `${path}.${process.pid}.tmp`;
  writeFileSync(partial, text);
  renameSync(partial, path);
}

/** @param {string} name */
function readSource(name) {
  return readFileSync(join(SOURCES, name), 'utf8');
}

/** @param {readonly string[]} parts */
function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('hex').slice(0, 16);
}
