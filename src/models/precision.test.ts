import { afterAll, describe, expect, it } from 'vitest';
import { allowTf32, tf32Allowed } from '../torch/index.ts';
import { numericsOf, parameterBytes, storedDtype, useNumerics } from './precision.ts';

const H200 = 9;
const A100 = 8;
const V100 = 7;

describe('numericsOf', () => {
  it.each([
    ['auto', 'cpu', 0, 'fp32', 'float32'],
    ['auto', 'cuda:0', H200, 'bf16', 'bfloat16'],
    ['auto', 'cuda:1', A100, 'bf16', 'bfloat16'],
    ['auto', 'cuda:0', V100, 'fp32', 'float32'],
    ['bf16', 'cpu', 0, 'bf16', 'bfloat16'],
    ['bf16', 'cuda:0', V100, 'bf16', 'bfloat16'],
    ['fp32', 'cuda:0', H200, 'fp32', 'float32'],
    ['tf32', 'cuda:0', H200, 'tf32', 'float32'],
    ['tf32', 'cpu', 0, 'tf32', 'float32'],
  ] as const)('%s on %s of capability %s is %s', (asked, device, capability, precision, dtype) => {
    expect(numericsOf(asked, device, capability)).toEqual({ precision, dtype });
  });

  it('asks the device itself', () => {
    expect(numericsOf('auto', 'cpu').precision).toBe('fp32');
  });
});

describe('useNumerics', () => {
  afterAll(() => allowTf32(false));

  it('allows TF32 with tf32 alone, and forbids it again', () => {
    for (const [asked, allowed] of [
      ['tf32', true],
      ['fp32', false],
      ['tf32', true],
      ['bf16', false],
    ] as const) {
      expect(useNumerics(asked, 'cpu').precision).toBe(asked);
      expect(tf32Allowed(), asked).toBe(allowed);
    }
  });
});

describe('storedDtype', () => {
  it('is the dtype that was computed in, or the one asked for', () => {
    const [bf16, tf32] = [numericsOf('bf16', 'cpu'), numericsOf('tf32', 'cpu')];
    expect([storedDtype(undefined, bf16), storedDtype('fp32', bf16)]).toEqual(['bfloat16', 'float32']);
    expect([storedDtype(undefined, tf32), storedDtype('bf16', tf32)]).toEqual(['float32', 'bfloat16']);
  });
});

describe('parameterBytes', () => {
  it('counts weight, gradient and two moments, and a master where weights are rounded', () => {
    expect(parameterBytes('float32')).toEqual({ frozen: 4, trained: 4 + 4 + 8 });
    expect(parameterBytes('bfloat16')).toEqual({ frozen: 2, trained: 2 + 4 + 4 + 8 });
  });
});
