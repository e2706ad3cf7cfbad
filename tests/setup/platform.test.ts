/** What the set-up chooses on each operating system. Linux on arm64 and macOS are tested here alone: as choices. */
import { describe, expect, it } from 'vitest';
import {
  addonFlags,
  compileFlags,
  debianTriple,
  libraryFile,
  linkFlags,
  usualCompiler,
  whyUnsupported,
} from '../../setup/platform.mjs';
import { byHand } from '../../setup/system-packages.mjs';

const intel = { os: 'linux', arch: 'x64' };
const arm = { os: 'linux', arch: 'arm64' };
const mac = { os: 'darwin', arch: 'arm64' };

it.each([
  [intel, null],
  [arm, null],
  [mac, null],
  [{ os: 'darwin', arch: 'x64' }, 'darwin on x64 is not supported.'],
  [{ os: 'win32', arch: 'x64' }, 'win32 on x64 is not supported.'],
])('%j: %s', (platform, why) => expect(whyUnsupported(platform)).toBe(why));

describe('the addon', () => {
  const torch = { libDir: '/t/lib', cuda: false, cxx11Abi: true };

  it('on Linux is a shared library of g++ that keeps all of libtorch, on either architecture', () => {
    for (const platform of [intel, arm]) {
      expect(usualCompiler(platform)).toBe('g++');
      expect(libraryFile('torch', platform)).toBe('libtorch.so');
      expect(compileFlags(torch, platform)).toEqual(['-fPIC', '-D_GLIBCXX_USE_CXX11_ABI=1']);
      expect(addonFlags(platform)).toEqual(['-shared']);
      expect(linkFlags(torch, platform)).toEqual([
        '-L/t/lib',
        '-Wl,-rpath,/t/lib',
        '-Wl,--no-as-needed',
        '-ltorch',
        '-ltorch_cpu',
        '-lc10',
      ]);
    }
    expect([intel, arm].map(debianTriple)).toEqual(['x86_64-linux-gnu', 'aarch64-linux-gnu']);
  });

  it('follows the string of torch, and links CUDA’s libraries where torch has them', () => {
    expect(compileFlags({ cxx11Abi: false }, intel)).toContain('-D_GLIBCXX_USE_CXX11_ABI=0');
    expect(linkFlags({ ...torch, cuda: true }, arm).slice(-2)).toEqual(['-ltorch_cuda', '-lc10_cuda']);
  });

  it('on macOS is a bundle of clang++ without the flags of g++ and of GNU’s linker', () => {
    expect(usualCompiler(mac)).toBe('clang++');
    expect(libraryFile('torch_cpu', mac)).toBe('libtorch_cpu.dylib');
    expect(compileFlags(torch, mac)).toEqual([]);
    expect(addonFlags(mac)).toEqual(['-bundle', '-undefined', 'dynamic_lookup']);
    expect(linkFlags(torch, mac)).toEqual([
      '-L/t/lib',
      '-Wl,-rpath,/t/lib',
      '-ltorch',
      '-ltorch_cpu',
      '-lc10',
    ]);
  });
});

describe('what to install by hand', () => {
  const both = { torch: true, compiler: true };
  it('is apt-get’s packages where it is there, and pip’s torch', () => {
    const text = byHand(both, ['libtorch-dev', 'g++'], true, intel);
    expect(text).toMatch(/^sudo apt-get update && sudo apt-get install -y \S+ libtorch-dev g\+\+\n/);
    expect(text).toContain('pip install torch');
  });

  it('on macOS is the command line tools and pip’s torch', () => {
    expect(byHand(both, [], false, mac).split('\n')).toEqual([
      'xcode-select --install',
      'python3 -m venv .venv && . .venv/bin/activate && pip install torch',
      'then run this command again.',
    ]);
  });
});
