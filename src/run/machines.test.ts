import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Machine, readMachines, recordMachine } from './machines.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'machines-'));
});

const here: Machine = {
  device: 'cpu',
  torch: '1.13.0',
  processor: 'Xeon',
  threads: 2,
  kernel: 'Prescott',
  coreType: null,
};

describe('recordMachine', () => {
  it('keeps one entry for sittings on the same machine', async () => {
    expect(readMachines(dir)).toEqual([]);
    expect(await recordMachine(dir, here)).toEqual([]);
    expect(await recordMachine(dir, { ...here })).toEqual([]);
    expect(readMachines(dir)).toEqual([here]);
  });

  it('says what differs from the last machine, and keeps both', async () => {
    const there = { ...here, processor: 'EPYC' };
    const checked = { ...there, kernel: 'SkylakeX', coreType: 'SkylakeX' };
    await recordMachine(dir, here);
    expect(await recordMachine(dir, there)).toEqual(['processor: Xeon there, EPYC now']);
    expect(await recordMachine(dir, checked)).toEqual([
      'kernel: Prescott there, SkylakeX now',
      'coreType: not set there, SkylakeX now',
    ]);
    expect(readMachines(dir)).toEqual([here, there, checked]);
  });

  it('where a GPU computes, the processor changes no bits', async () => {
    const gpu = { ...here, device: 'H100' };
    const other = { ...gpu, processor: 'EPYC', threads: 8, kernel: 'Zen' };
    await recordMachine(dir, gpu);
    expect(await recordMachine(dir, other)).toEqual([]);
    expect(readMachines(dir)).toEqual([gpu, other]);
    expect(await recordMachine(dir, { ...other, device: 'H200' })).toEqual(['device: H100 there, H200 now']);
    expect(await recordMachine(dir, here)).toContain('device: H200 there, cpu now');
  });
});
