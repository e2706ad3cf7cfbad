import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { currentAddon } from '../../setup/status.mjs';
import { ones } from './functional.ts';
import { native, packageRoot } from './native.ts';
import { torchVersion } from './system.ts';

/** The compiled engine, which a process without a loader of TypeScript can import. */
const built = path.join(packageRoot, 'dist/torch/index.js');

describe('the addon', () => {
  it('is the one of this package, built against the torch it runs', () => {
    const record = currentAddon()!;
    expect(readFileSync('/proc/self/maps', 'utf8')).toContain(record.path);
    expect(record.path.startsWith(path.join(packageRoot, 'build'))).toBe(true);
    expect(native.torchVersion()).toBe(torchVersion);
    expect(record.torchVersion.split('.').slice(0, 2)).toEqual(torchVersion.split('.').slice(0, 2));
  });

  it('belongs to this package', () => {
    expect(existsSync(path.join(packageRoot, 'package.json'))).toBe(true);
  });

  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };

  it.runIf(header.glibcVersionRuntime !== undefined)(
    'keeps the memory of freed tensors for the next ones',
    () => {
      // In a process of its own: what is free on the heap depends on all that has run before.
      const script = `
        const { ones, scope } = await import(${JSON.stringify(pathToFileURL(built).href)});
        const step = () => scope(() => void Array.from({ length: 72 }, () => ones([2 ** 18])));
        for (let i = 0; i < 5; i++) step();
        const before = process.resourceUsage().minorPageFault;
        for (let i = 0; i < 5; i++) step();
        console.log(process.resourceUsage().minorPageFault - before);`;
      const faults = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
      });
      // 72 MiB are 18,432 pages, and by glibc's own rules every step faults them in anew.
      expect(Number(faults)).toBeLessThan(18_432);
    },
  );

  it('releases the handles it is given, and none beyond their end', () => {
    const tensors = [ones([1]), ones([1])];
    const handles = Float64Array.from(tensors, (tensor) => tensor.surrender());
    native.releaseAll(handles, 1);
    expect(Array.from(handles, (handle) => native.isLive(handle))).toEqual([false, true]);
    expect(() => native.releaseAll(handles, 3)).toThrow('releaseAll beyond the end of the handles');
    expect(() => native.releaseAll(handles, 1)).toThrow('the tensor was disposed of');
    native.releaseAll(handles.subarray(1), 1);
    expect(native.isLive(handles[1]!)).toBe(false);
  });

  it('has threads that sleep while they wait', () => {
    expect(process.env.OMP_WAIT_POLICY).toBe('PASSIVE');
  });
});
