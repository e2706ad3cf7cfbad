import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cudaIncludeDirs, describeTorch, findTorch, type Torch } from '../../setup/find-torch.mjs';

const HEADERS = 'include/torch/csrc/api/include';
const NEW_ABI = '_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE';
const OLD_ABI = '_ZN3c105ErrorC2ENS_14SourceLocationESs';

/** A directory that looks like libtorch; files by path. */
function fake(files: Record<string, string> = {}, under = ''): string {
  const dir = join(mkdtempSync(join(tmpdir(), 'torch-')), under);
  const all = {
    [`${HEADERS}/torch/all.h`]: '__cplusplus < 201402L',
    [`${HEADERS}/torch/version.h`]: '#define TORCH_VERSION \\\n  "1.13.0"\n',
    'lib/libtorch.so': '',
    'lib/libtorch_cpu.so': '',
    'lib/libc10.so': `\0\0${NEW_ABI}\0`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

const found = (dir: string): Torch => {
  const torch = describeTorch(dir, 'AHA_TORCH');
  if (typeof torch === 'string') throw new Error(torch);
  return torch;
};

describe('describeTorch', () => {
  it('reads version, ABI, CUDA and standard from the files', () => {
    const dir = fake();
    expect(found(dir)).toEqual({
      version: '1.13.0',
      dir,
      source: 'AHA_TORCH',
      includeDirs: [join(dir, 'include'), join(dir, HEADERS)],
      libDir: join(dir, 'lib'),
      cuda: false,
      cxx11Abi: true,
      standard: 17,
    });
  });

  it.each([
    [{ 'version.py': "__version__ = '2.11.0+cu130'\n" }, { version: '2.11.0+cu130' }],
    [{ 'build-version': '2.4.1+cpu\n' }, { version: '2.4.1+cpu' }],
    [{ 'lib/libtorch_cuda.so': '' }, { cuda: true }],
    [{ 'lib/libc10.so': `\0${OLD_ABI}\0` }, { cxx11Abi: false }],
    [{ [`${HEADERS}/torch/all.h`]: '__cplusplus < 202002L' }, { standard: 20 }],
  ])('%j', (files, expected) => expect(found(fake(files))).toMatchObject(expected));

  it('reads the libraries of macOS by their names', () => {
    const dylibs = { 'lib/libtorch.dylib': '', 'lib/libtorch_cpu.dylib': '', 'lib/libc10.dylib': '' };
    const mac = { os: 'darwin', arch: 'arm64' };
    const dir = fake(dylibs);
    expect(describeTorch(dir, 'python', mac)).toMatchObject({ libDir: join(dir, 'lib'), cuda: false });
    expect(describeTorch(fake(), 'python', mac)).toContain('has no lib/libtorch.dylib');
  });

  it('finds Debian’s libraries of the architecture', () => {
    const dir = fake();
    for (const name of ['torch', 'torch_cpu', 'c10']) {
      mkdirSync(join(dir, 'lib/aarch64-linux-gnu'), { recursive: true });
      renameSync(join(dir, `lib/lib${name}.so`), join(dir, `lib/aarch64-linux-gnu/lib${name}.so`));
    }
    const libDir = join(dir, 'lib/aarch64-linux-gnu');
    expect(describeTorch(dir, 'system', { os: 'linux', arch: 'arm64' })).toMatchObject({ libDir });
    expect(describeTorch(dir, 'system', { os: 'linux', arch: 'x64' })).toContain('has no lib/libtorch.so');
  });

  it('says why a directory does not serve', () => {
    const empty = mkdtempSync(join(tmpdir(), 'torch-'));
    expect(describeTorch(empty, 'python')).toContain('has no C++ headers');
    expect(describeTorch('/x/dist-packages/torch', 'python')).toContain('libtorch-dev');
    expect(describeTorch(fake({ 'version.py': "__version__ = '1.9.0'" }), 'python')).toContain(
      '1.13 or newer',
    );
  });
});

describe('findTorch', () => {
  it('takes AHA_TORCH before everything else', async () => {
    const dir = fake();
    expect((await findTorch({ ...process.env, AHA_TORCH: dir })).torch).toMatchObject({
      dir,
      source: 'AHA_TORCH',
    });
  });

  it('never replaces an AHA_TORCH that does not serve', async () => {
    const find = findTorch({ ...process.env, AHA_TORCH: '/no/such/torch' });
    await expect(find).rejects.toThrow('AHA_TORCH: /no/such/torch has no C++ headers');
  });

  it('finds the active Python’s torch without importing it', async () => {
    const dir = fake({ '__init__.py': 'raise RuntimeError("imported")' }, 'torch');
    const env = { ...process.env, AHA_TORCH: '', PYTHONPATH: dirname(dir) };
    expect((await findTorch(env)).torch).toMatchObject({ dir, source: 'python' });
  });
});

describe('cudaIncludeDirs', () => {
  it('is the headers beside torch when they are complete, else nothing', () => {
    const dir = fake({ 'version.py': "__version__ = '2.11.0+cu130'" }, 'site/torch');
    const put = (path: string) => {
      const full = join(dir, '../nvidia/cu13/include', path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, '');
    };
    for (const name of ['cuda_runtime_api.h', 'cusparse.h', 'cublas_v2.h', 'cusolverDn.h']) put(name);
    expect(cudaIncludeDirs({ ...found(dir), cuda: true })).toEqual([]);
    put('crt/host_defines.h');
    expect(cudaIncludeDirs({ ...found(dir), cuda: true })).toEqual([]);
    put('cccl/nv/target');
    expect(cudaIncludeDirs({ ...found(dir), cuda: true })).toContain(
      join(dir, '../nvidia/cu13/include/cccl'),
    );
    expect(cudaIncludeDirs({ ...found(dir), cuda: true })).toContain(join(dir, '../nvidia/cu13/include'));
  });
});
