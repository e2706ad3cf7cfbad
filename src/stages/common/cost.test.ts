import { describe, expect, it } from 'vitest';
import { estimateSeconds, memoryBasis, trainingEstimate } from './cost.ts';

describe('estimateSeconds', () => {
  it('is less on a GPU the narrower the products, and the same on a CPU', () => {
    const work = { parameters: 1e9, layers: 24, trained: 1e9, tokensPerPass: 16_384 };
    const seconds = (precision: 'bf16' | 'tf32' | 'fp32', device: string) =>
      estimateSeconds({ ...work, precision }, device);
    const [bf16, tf32, fp32] = [
      seconds('bf16', 'cuda:0'),
      seconds('tf32', 'cuda:0'),
      seconds('fp32', 'cuda:0'),
    ];
    expect(bf16).toBeLessThan(tf32);
    expect(tf32).toBeLessThan(fp32);
    expect(estimateSeconds(work, 'cuda:0')).toBe(fp32);
    expect(seconds('bf16', 'cpu')).toBe(seconds('fp32', 'cpu'));
  });
});

describe('trainingEstimate', () => {
  it('counts the bytes of the precision, and says it', () => {
    const size = { parameters: 1000, active: 1000, layers: 2 };
    const of = (precision: 'bf16' | 'fp32' | 'tf32', lora?: { base?: 'int8' | 'nf4' }) =>
      trainingEstimate(size, 100, { precision, lora }, 'cpu');
    expect([of('fp32').bytes, of('tf32').bytes, of('bf16').bytes]).toEqual([16_000, 16_000, 18_000]);
    expect([of('fp32', {}).bytes, of('bf16', {}).bytes]).toEqual([4000, 2000]);
    expect(of('bf16', { base: 'nf4' }).bytes).toBe((1000 * 4.5) / 8);
    expect(of('bf16', { base: 'int8' }).basis).toBe(
      'frozen weights in int8, embedding and head in bfloat16; the additions are small',
    );
    expect(of('bf16').basis).toBe('weights in bfloat16; their master, gradients and two moments in float32');
    expect(of('bf16', {}).basis).toBe('frozen weights in bfloat16; the additions are small');
    expect(memoryBasis(undefined, { precision: 'tf32', dtype: 'float32' })).toBe(of('fp32').basis);
  });
});
