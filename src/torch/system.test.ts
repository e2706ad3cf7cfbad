import { describe, expect, it } from 'vitest';
import { UsageError, UserError } from '../errors.ts';
import { empty, ones } from './functional.ts';
import { native } from './native.ts';
import { hasOperator } from './operator.ts';
import { scope } from './scope.ts';
import {
  allowTf32,
  computeCapability,
  deviceReport,
  emptyCache,
  explainOutOfMemory,
  explainOutOfMemoryOf,
  features,
  memory,
  resolveDevice,
  setThreads,
  synchronize,
  tf32Allowed,
  threads,
  torchVersion,
} from './system.ts';

const cudaCount = native.cudaDevices().length;

describe('devices', () => {
  it('are resolved', () => {
    expect(resolveDevice('cpu')).toBe('cpu');
    expect(resolveDevice('auto')).toBe(cudaCount > 0 ? 'cuda:0' : 'cpu');
    if (cudaCount > 0) expect(resolveDevice('cuda')).toBe('cuda:0');
  });

  it('are refused by name where they do not exist', () => {
    expect(() => resolveDevice('tpu')).toThrow(UsageError);
    expect(() => resolveDevice('tpu')).toThrow('device "tpu" is unknown');
    expect(() => resolveDevice('cuda:99')).toThrow('device "cuda:99" does not exist');
  });

  it('are reported with the features of this torch', () => {
    const report = deviceReport();
    expect(report.torchVersion).toBe(torchVersion);
    expect(report.devices).toHaveLength(1 + cudaCount);
    expect(report.devices[0]).toEqual({ device: 'cpu' });
    expect(report.build).toMatch(/PyTorch built with/);
    expect(features.scaledDotProductAttention).toBe(hasOperator('scaled_dot_product_attention'));
  });

  it('have a compute capability where they are GPUs', () => {
    expect(computeCapability('cpu')).toBe(0);
    if (cudaCount > 0) expect(computeCapability('cuda:0')).toBeGreaterThan(3);
  });

  it("never attend with cuDNN's kernels, where torch has them", () => {
    const [major, minor] = torchVersion.split('.').map(Number) as [number, number];
    const version = 100 * major + minor;
    if (version >= 204) expect(native.avoidCudnnAttention()).toBe(true);
    if (version <= 202) expect(native.avoidCudnnAttention()).toBe(false);
  });

  it('may use TF32 in float32 products only if told so', () => {
    // The setting is the process’s: another test may have left it.
    allowTf32(false);
    expect(tf32Allowed()).toBe(false);
    allowTf32(true);
    expect(tf32Allowed()).toBe(true);
    allowTf32(false);
    expect(tf32Allowed()).toBe(false);
  });

  it('can be waited for', () => {
    synchronize('cpu');
    emptyCache();
  });
});

describe('memory', () => {
  it('counts handles, and the bytes of distinct storages', () => {
    scope(() => {
      const before = memory();
      const x = ones([1000]);
      x.narrow(0, 0, 10);
      const after = memory();
      expect(after.tensors - before.tensors).toBe(2);
      expect(after.bytes - before.bytes).toBe(4000);
      expect(after.resident).toBeGreaterThan(1e6);
    });
  });
});

describe('threads', () => {
  it('are set', () => {
    const before = threads();
    setThreads(1);
    expect(threads()).toBe(1);
    setThreads(before);
    expect(threads()).toBe(before);
  });
});

describe('explainOutOfMemory', () => {
  it('says how much was asked and what to lower', () => {
    const tooMuch = (): unknown => explainOutOfMemory('lower `update.tokens`', () => empty([2 ** 50]));
    expect(tooMuch).toThrow(UserError);
    expect(tooMuch).toThrow(/out of memory: [\d.]+ ?\w* more was asked for.*\n.*lower `update\.tokens`/s);
  });

  it('lets other errors and results through', async () => {
    expect(explainOutOfMemory('', () => 3)).toBe(3);
    // Of what is not done at once, the same.
    const later = (async () => empty([2 ** 50]))();
    await expect(explainOutOfMemoryOf('lower `rows`', later)).rejects.toThrow(
      /out of memory: .*\n.*lower `rows`/s,
    );
    expect(await explainOutOfMemoryOf('', Promise.resolve(3))).toBe(3);
    expect(() => explainOutOfMemory('', () => ones([2]).view([3]))).toThrow(/aten::view/);
  });
});
