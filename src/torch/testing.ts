/** @file Kernels on the CPU, for tests: compiled by g++ with host-kernels.h, which stands in for the GPU. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { COMPILER } from '../../setup/system-packages.mjs';
import { compileOnHost } from './kernel.ts';
import { native } from './native.ts';

const HEADER = path.join(import.meta.dirname, 'host-kernels.h');

/** Runs `fn` with kernels on the CPU. */
export function withHostKernels<T>(fn: () => T): T {
  compileOnHost(compile);
  try {
    return fn();
  } finally {
    compileOnHost(null);
  }
}

function compile(source: string, names: readonly string[]): unknown[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'aha-kernels-'));
  const [file, library] = [path.join(folder, 'kernels.cc'), path.join(folder, 'kernels.so')];
  const doors = names.map((name) => `HOST_KERNEL(${name})\n`).join('');
  const options = ['-O1', '-std=c++17', '-shared', '-fPIC', '-Wno-unknown-pragmas'];
  try {
    writeFileSync(file, `#include "${HEADER}"\n${source}\n${doors}`);
    execFileSync(COMPILER, [...options, file, '-o', library]);
    return native.kernelLoad(library, names);
  } finally {
    // A library that is loaded stays loaded without its file.
    rmSync(folder, { recursive: true, force: true });
  }
}
