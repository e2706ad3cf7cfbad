import { mkdtempSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeBlas } from '../../setup/blas.mjs';
import { isInstalled } from '../../setup/packages.mjs';
import { applyThreadPolicy, cpuQuota } from '../../setup/threads.mjs';

describe('applyThreadPolicy', () => {
  it('makes threads sleep while they wait', () => {
    const env: NodeJS.ProcessEnv = {};
    expect(applyThreadPolicy(env)).toMatchObject({ waitPolicy: 'PASSIVE' });
    expect(env.OMP_WAIT_POLICY).toBe('PASSIVE');
  });

  it('never changes what the person set', () => {
    const env: NodeJS.ProcessEnv = { OMP_WAIT_POLICY: 'ACTIVE', OMP_NUM_THREADS: '1' };
    expect(applyThreadPolicy(env, null)).toMatchObject({ waitPolicy: 'ACTIVE', threads: 1 });
    expect(env).toEqual({ OMP_WAIT_POLICY: 'ACTIVE', OMP_NUM_THREADS: '1' });
  });

  it('gives the same answer when asked again', () => {
    const env: NodeJS.ProcessEnv = {};
    const first = applyThreadPolicy(env);
    expect(applyThreadPolicy(env)).toEqual(first);
    expect(first.threads).toBeLessThanOrEqual(availableParallelism());
  });
});

describe('cpuQuota', () => {
  it.each([
    ['max 100000\n', null],
    ['200000 100000\n', 2],
    ['150000 100000\n', 2],
    ['10000 100000\n', 1],
    ['garbage', null],
    ['', null],
  ])('of %j is %s', (text, expected) => {
    const path = join(mkdtempSync(join(tmpdir(), 'cgroup-')), 'cpu.max');
    writeFileSync(path, text);
    expect(cpuQuota(path)).toBe(expected);
  });

  it('is none where there are no control groups', () => expect(cpuQuota('/no/such/file')).toBeNull());
});

describe('describeBlas', () => {
  it.each([
    ['/usr/lib/x86_64-linux-gnu/openblas-openmp/libblas.so.3', 'OpenBLAS (OpenMP)', true],
    ['/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3', 'OpenBLAS (pthreads)', false],
    ['/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0', 'reference BLAS (slow)', false],
    ['/opt/intel/libmkl_rt.so', 'MKL', true],
  ])('%s', (path, name, good) => {
    const blas = describeBlas(path);
    expect(blas).toMatchObject({ name, good });
    expect(blas.remedy === null).toBe(good);
  });
});

describe('isInstalled', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', optional: true },
    },
  };
  const a = { 'node_modules/a': { version: '1.0.0' } };
  it.each([
    ['everything', { ...a, 'node_modules/b': { version: '2.0.0' } }, true],
    ['all but an optional one', a, true],
    ['another version', { 'node_modules/a': { version: '1.0.1' } }, false],
    ['another version of an optional one', { ...a, 'node_modules/b': { version: '1.0.0' } }, false],
    ['nothing', {}, false],
  ])('with %s', (_, packages, expected) => expect(isInstalled(lock, { packages })).toBe(expected));

  it('is false where npm has left no account', () => expect(isInstalled(lock, null)).toBe(false));
});
