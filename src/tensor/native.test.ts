import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addonRecord, native, packageRoot } from './native.ts';
import { torchVersion } from './system.ts';

describe('the addon', () => {
  it('lies where its record says, built against the torch it runs', () => {
    const record = addonRecord()!;
    expect(existsSync(path.resolve(packageRoot, record.path))).toBe(true);
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
