/** The addon is compiled with the collectives whose headers are there. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { collectiveFlags } from '../../setup/collectives.mjs';

const C10D = 'torch/csrc/distributed/c10d/TCPStore.hpp';

/** A directory with these headers. */
function includes(...headers: string[]): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'aha-headers-'));
  for (const header of headers) {
    mkdirSync(path.dirname(path.join(dir, header)), { recursive: true });
    writeFileSync(path.join(dir, header), '');
  }
  return dir;
}

function flags(torch: string[], cuda: string[] | null, system: string[]): string[] {
  const at = { version: '', dir: '', source: 'system', libDir: '', cuda: cuda !== null } as const;
  const found = { ...at, includeDirs: [includes(...torch)], cxx11Abi: true, standard: 17 } as const;
  const cudaDirs = cuda === null ? [] : [includes(...cuda)];
  return collectiveFlags({ ...found, includeDirs: [...found.includeDirs] }, cudaDirs, [includes(...system)]);
}

it('takes Gloo and NCCL where their headers are', () => {
  expect(flags([C10D], null, ['gloo/context.h'])).toEqual(['-DUSE_C10D_GLOO']);
  expect(flags([C10D], ['nccl.h'], [])).toEqual(['-DUSE_C10D_NCCL']);
  expect(flags([C10D], ['nccl.h'], ['gloo/context.h'])).toEqual(['-DUSE_C10D_GLOO', '-DUSE_C10D_NCCL']);
});

it('takes none without headers of theirs, of c10d, or of CUDA', () => {
  expect(flags([C10D], null, [])).toEqual([]);
  expect(flags([], null, ['gloo/context.h'])).toEqual([]);
  expect(flags([C10D], null, ['nccl.h'])).toEqual([]);
});
