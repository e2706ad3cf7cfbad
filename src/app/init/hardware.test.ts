import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { chooseHardware, hardwareHere } from './hardware.ts';

const GIB = 2 ** 30;
const h200 = { device: 'cuda:0', name: 'NVIDIA H200', totalBytes: 140 * GIB, capability: '9.0' };
const both = hardwareHere([{ device: 'cpu' }, h200], 32 * GIB);
const cpuAlone = hardwareHere([{ device: 'cpu' }], 32 * GIB);

describe('hardwareHere', () => {
  it('prefers the GPU, and leaves memory to CUDA and to the system', () => {
    expect(both.map(({ kind, name, bytes }) => [kind, name, bytes / GIB])).toEqual([
      ['gpu', 'NVIDIA H200', 140],
      ['cpu', 'the CPU', 32],
    ]);
    expect(both[0]!.usable / GIB).toBeCloseTo(0.97 * 139);
    expect(both[1]!.usable / GIB).toBe(24);
  });

  it('knows the memory of this machine', () => {
    expect(hardwareHere([{ device: 'cpu' }])[0]!.bytes).toBeGreaterThan(0.5 * GIB);
  });
});

describe('chooseHardware', () => {
  it.each([
    [both, 'auto', undefined, { kind: 'gpu', isHere: true, bytes: 140 * GIB }],
    [both, 'cpu', undefined, { kind: 'cpu', isHere: true }],
    [cpuAlone, 'auto', undefined, { kind: 'cpu', isHere: true }],
    [cpuAlone, 'auto', 4, { kind: 'cpu', isHere: true, bytes: 4 * GIB }],
    [cpuAlone, 'gpu', 24, { kind: 'gpu', isHere: false, bytes: 24 * GIB }],
  ])('%#', (here, named, memory, expected) => {
    expect(chooseHardware(here, named, memory)).toMatchObject(expected);
  });

  it('refuses another kind', () => expect(() => chooseHardware(both, 'tpu', 8)).toThrow('auto, cpu or gpu'));

  it('refuses a GPU that is nowhere', () => {
    expect(() => chooseHardware(cpuAlone, 'gpu')).toThrow(UsageError);
    expect(() => chooseHardware(cpuAlone, 'gpu')).toThrow('--hardware gpu --memory 24');
  });
});
