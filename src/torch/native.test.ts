import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { currentAddon } from '../../setup/status.mjs';
import { native, packageRoot } from './native.ts';
import { torchVersion } from './system.ts';

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

  it('has threads that sleep while they wait', () => {
    expect(process.env.OMP_WAIT_POLICY).toBe('PASSIVE');
  });
});
