import { describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { deviceReport } from '../../torch/index.ts';
import { aha } from '../cli/testing.ts';
import { examine, type Facts, findingsText } from './doctor.ts';

const torch = {
  version: '2.11.0+cu130',
  dir: '/t',
  source: 'python',
  libDir: '/t/lib',
  cuda: true,
  cxx11Abi: true,
} as const;
const current = {
  path: '/b/aha.node',
  torchVersion: torch.version,
  torchDir: '/t',
  torchSource: 'python',
  cuda: true,
  cxx11Abi: true,
} as const;
const engine = {
  torchVersion: torch.version,
  threads: 2,
  devices: [
    { device: 'cpu' },
    { device: 'cuda:0', name: 'H100', totalBytes: 80 * 2 ** 30, capability: '9.0' },
  ],
  kernel: 'Zen',
  ranks: ['gloo'],
  features: { scaledDotProductAttention: true, rmsNorm: true, fusedAdamW: true },
  build: '',
};
const blas = { name: 'OpenBLAS (OpenMP)', path: '/l/libblas.so.3', good: true, remedy: null };
const coreType = { value: null, source: 'checked', why: 'OpenBLAS chooses Zen by itself' } as const;
const slow = { kernel: 'Prescott', gflops: 23, better: 'SkylakeX' };
const healthy: Facts = {
  node: '20.20.2',
  setup: { torch, rejected: [], compiler: '12.2.0', addon: 'fresh', current, dist: 'fresh', blas },
  threads: { waitPolicy: 'PASSIVE', threads: 2, why: 'because', coreType },
  kernel: { kernel: 'Zen', gflops: 38.5, coreType, better: null },
  engine,
  python: 'CPython 3.11.2 under bubblewrap',
  freeBytes: 4 * 2 ** 30,
  totalBytes: 8 * 2 ** 30,
};
const setup = (change: Partial<Facts['setup']>): Partial<Facts> => ({
  setup: { ...healthy.setup, ...change },
});

describe('examine', () => {
  it('finds a healthy machine healthy', () => {
    const findings = examine(healthy);
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual([
      'node',
      'torch',
      'compiler',
      'addon',
      'dist',
      'device',
      'device',
      'ranks',
      'threads',
      'blas',
      'kernel',
      'python',
      'memory',
    ]);
    expect(findingsText(findings)).toContain('Zen, 38.5 GFLOP/s a core in float32 (OpenBLAS chooses Zen by');
    expect(findingsText(findings)).toContain('cuda:0: H100, 80.0 GiB, capability 9.0');
  });

  it.each<[string, Partial<Facts>, string]>([
    ['node', { node: '18.20.0' }, 'Install Node 20.19'],
    ['torch', setup({ torch: null, rejected: ['/t has no C++ headers'] }), 'installs it'],
    ['compiler', setup({ compiler: null }), 'npm run setup installs it'],
    ['addon', setup({ addon: 'stale' }), 'npm run setup'],
    ['addon', setup({ addon: 'missing', current: null }), 'npm run setup'],
    ['dist', setup({ dist: 'stale' }), 'npm run setup'],
    ['engine', { engine: 'libtorch.so: cannot open shared object file' }, 'npm run setup'],
    [
      'blas',
      setup({ blas: { name: 'reference', path: '/x', good: false, remedy: 'apt-get install y' } }),
      'apt-get install y',
    ],
    ['kernel', { kernel: { ...slow, coreType } }, 'pip install torch'],
    [
      'kernel',
      { kernel: { ...slow, coreType: { ...coreType, source: 'unchecked' } } },
      'npm run setup checks SkylakeX',
    ],
    ['kernel', { kernel: { ...slow, coreType: { ...coreType, source: 'set' } } }, 'Unset OPENBLAS_CORETYPE'],
    [
      'kernel',
      { kernel: { failure: 'was ended by SIGILL', coreType: { ...coreType, source: 'set' } } },
      'Unset OPENBLAS_CORETYPE',
    ],
    ['memory', { freeBytes: 2 ** 29 }, 'less than 1 GiB'],
  ])('%s out of order has a remedy', (name, change, remedy) => {
    const bad = examine({ ...healthy, ...change }).filter(({ ok }) => !ok);
    expect(bad.map((finding) => finding.name)).toEqual([name]);
    expect(bad[0]!.remedy).toContain(remedy);
    expect(findingsText(bad)).toMatch(/^! /);
  });

  it('says how to have ranks, which a healthy machine may lack', () => {
    const findings = examine({ ...healthy, engine: { ...engine, ranks: [] } });
    expect(findings.every(({ ok }) => ok)).toBe(true);
    expect(findings.find(({ name }) => name === 'ranks')).toMatchObject({
      value: 'none: the addon was built without Gloo and NCCL',
      remedy: expect.stringContaining('libgloo-dev'),
    });
  });

  it('says what the Python sandbox lacks, which a healthy machine may', () => {
    const python = new UserError('bwrap is not installed', 'apt-get install -y bubblewrap');
    const findings = examine({ ...healthy, python });
    expect(findings.every(({ ok }) => ok)).toBe(true);
    expect(findingsText(findings)).toMatch(
      / {2}python +no sandbox for programs: bwrap is not installed\n +→ apt-get install/,
    );
  });
});

describe('aha doctor', () => {
  it('reports on this machine', async () => {
    const { stdout } = await aha('doctor', '--json');
    const { healthy: isHealthy, findings, kernel } = JSON.parse(stdout);
    expect(isHealthy).toBe(findings.every(({ ok }: { ok: boolean }) => ok));
    expect(findings.find(({ name }: { name: string }) => name === 'node').value).toBe(process.versions.node);
    expect(kernel.gflops).toBeGreaterThan(0);
    expect(kernel.kernel).toBe(deviceReport().kernel);
  });
});
